// The timeline: a drag selects a time, a second one its baseline; keys do the same; zoom in and back.

import { choose, count, dragTimeline, hasRows, HOUR, pills } from "./hand";
import { expect, settled, test } from "./served";

const TIMELINE = /^Connections: .* from .* to /;

test("a drag selects a time, of which fields and rows then are", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  await dragTimeline(page, 0.47, 0.62);
  const selection = pills(page).getByRole("button", { name: /^Selection 2024-10-05/ });
  await expect(selection).toBeVisible();
  const [, from, to] = /(\d\d:\d\d) – (\d\d:\d\d)$/.exec((await selection.textContent()) ?? "") ?? [];
  expect(from! > "01:50" && to! > from! && to! < "02:40", `${from} – ${to} lies where the drag was`).toBe(true);
  const expected = count(served, `select count(*) from nlb where event_time >= timestamp '2024-10-05 ${from}:00' and event_time < timestamp '2024-10-05 ${to}:00'`);
  await hasRows(page, expected);
  await expect(page.getByLabel("State", { exact: true })).toContainText("of 50,984 in the timeline");
  await expect(page.getByLabel("State", { exact: true })).toContainText("from rows that are kept");
  await expect(page.getByRole("grid", { name: "Rows" })).toHaveAttribute("aria-rowcount", String(expected + 1));
});

test("a second drag, with Shift, is the baseline; so is one while Baseline is pressed", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await expect(pills(page).getByRole("button", { name: "Baseline just before · 2024-10-05 01:00 – 02:00" })).toBeVisible();
  await dragTimeline(page, 0.15, 0.3, { shift: true });
  const baseline = pills(page).getByRole("button", { name: /^Baseline 2024-10-05 01:\d\d – 01:\d\d$/ });
  await expect(baseline).toBeVisible();
  await expect(pills(page).getByRole("button", { name: "Selection 2024-10-05 02:00 – 03:00" })).toBeVisible();
  const first = await baseline.textContent();
  await page.getByRole("group", { name: "What a drag marks" }).getByRole("button", { name: "Baseline" }).click();
  await dragTimeline(page, 0.32, 0.4);
  await expect(baseline).not.toHaveText(first ?? "");
  await page.getByRole("button", { name: "Back to just before the selection" }).click();
  await expect(pills(page).getByRole("button", { name: /^Baseline just before/ })).toBeVisible();
});

test("keys select: t, arrows with Shift, Enter; Escape clears", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  await page.keyboard.press("t");
  await expect(page.getByRole("application", { name: TIMELINE })).toBeFocused();
  await page.keyboard.press("End");
  for (let step = 0; step < 14; step += 1) await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Enter");
  await expect(pills(page).getByRole("button", { name: "Selection 2024-10-05 03:00 – 03:15" })).toBeVisible();
  await hasRows(page, count(served, "select count(*) from nlb where event_time >= timestamp '2024-10-05 03:00:00'"));
  await page.keyboard.press("Escape");
  await expect(pills(page)).toHaveCount(0);
  await hasRows(page, 50_984);
});

test("the timeline zooms to the selection, and back", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await page.getByRole("button", { name: "Zoom to the selection" }).last().click();
  await expect(pills(page).getByRole("button", { name: "Timeline 2024-10-05 02:00 – 03:00" })).toBeVisible();
  await expect(page.getByRole("application", { name: /from 2024-10-05 02:00 to 2024-10-05 03:00/ })).toBeVisible();
  await hasRows(page, 36_000);
  await page.keyboard.press("Backspace");
  await expect(pills(page).getByRole("button", { name: "Selection 2024-10-05 02:00 – 03:00" })).toBeVisible();
  await expect(page.getByRole("application", { name: /from 2024-10-05 00:59 to 2024-10-05 03:15/ })).toBeVisible();
  await page.keyboard.press("z");
  await expect(pills(page).getByRole("button", { name: "Timeline 2024-10-05 02:00 – 03:00" })).toBeVisible();
  await settled(page);
  await choose(page.getByRole("button", { name: "Times" }), "Zoom out");
  await expect(pills(page).getByRole("button", { name: "Timeline 2024-10-05 01:00 – 04:00" })).toBeVisible();
});

test("the timeline is broken down by a field, and its legend filters", async ({ open }) => {
  const page = await open();
  await settled(page);
  await choose(page.getByRole("button", { name: "not broken down" }), "domain_name");
  const shop = page.getByRole("region", { name: "Timeline" }).getByRole("button", { name: /^shop\.example\.com/ });
  await expect(shop).toBeVisible();
  await shop.click();
  await expect(pills(page)).toContainText("domain_name is shop.example.com");
});

test("other amounts are added up", async ({ open, served }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await choose(page.getByRole("button", { name: "Connections" }), "Bytes received");
  const total = count(served, "select sum(received_bytes) from nlb") / 1e9;
  await expect(page.getByRole("application", { name: new RegExp(`^Bytes received.*: ${total.toPrecision(3).replace(/\.?0+$/, "")} GB`) })).toBeVisible();
});

test("the bins are shown as a table", async ({ open }) => {
  const page = await open(`log=nlb&span=2024-10-05T02:00:00.000Z/2024-10-05T03:00:00.000Z`);
  await settled(page);
  await page.getByRole("button", { name: "The bins as a table" }).click();
  const bins = page.getByRole("dialog", { name: "Connections by time, UTC" });
  await expect(bins.getByRole("rowheader").first()).toContainText("2024-10-05 02:00");
  await page.keyboard.press("Escape");
  await expect(bins).toHaveCount(0);
});
