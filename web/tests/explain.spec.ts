// Explain: with a time selected, one button tells where the change comes from; every part of the answer filters by a click.

import { choose, clipboard, dragTimeline, hasRows, HOUR, pills } from "./hand";
import { expect, settled, test } from "./served";

const ATTACKERS = ["192.0.2.66", "198.51.100.23", "203.0.113.201", "203.0.113.7"];

test("one button explains what was selected: sentences, and contributors in order", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  const panel = page.getByRole("region", { name: "Explain" });
  await expect(panel.getByRole("status")).toContainText("Connections rose ×3.00, from 12,000 to 36,000.");
  await expect(panel.getByRole("status")).toContainText(/100 % of the rise comes from 4 addresses/);
  const first = panel.getByRole("region", { name: "Where it comes from" }).getByRole("listitem", { name: /^1\. client_ip/ });
  for (const address of ATTACKERS) await expect(first.getByRole("row", { name: new RegExp(`^${address.replaceAll(".", "\\.")}\\b.* 0 6,000$`) })).toBeVisible();
  await expect(first).toContainText("100% of the rise");
  await expect(panel.getByRole("region", { name: "What is as before" })).toContainText("8,400 and 8,400");
});

test("several contributors stand in order, the largest first", async ({ open }) => {
  // Before the incident a host is left out, so that it seems to be new as well.
  const sql = "event_time >= timestamp '2024-10-05 02:00:00' or domain_name <> 'www.example.com'";
  const page = await open(`log=nlb&panel=explain&${HOUR}&filter=${encodeURIComponent(JSON.stringify({ field: "", op: "sql", values: [sql] }))}`);
  const list = page.getByRole("region", { name: "Where it comes from" });
  await expect(list.getByRole("listitem", { name: /^2\. / })).toBeVisible();
  const shares = (await list.getByText(/^\d+% of the rise$/).allTextContents()).map((text) => Number.parseInt(text, 10));
  expect(shares.length).toBeGreaterThan(2);
  expect(shares).toEqual(shares.toSorted((one, other) => other - one));
});

test("fields are shown side by side, selection against baseline, with new values; a click filters", async ({ open }) => {
  const page = await open(`log=nlb&panel=explain&${HOUR}`);
  await settled(page);
  const fields = page.getByRole("region", { name: "Field by field" });
  const client = fields.getByRole("region", { name: "client_ip", exact: true });
  await expect(client).toContainText("new · 611 vanished");
  await expect(fields.getByRole("heading", { level: 4 }).first()).toHaveText("client_ip");
  const value = fields.getByRole("region", { name: "domain_name" }).getByRole("button", { name: /^api\.example\.com: selection 73% \(26\.4K\), baseline 20% \(2\.4K\)/ });
  await expect(value).toBeVisible();
  await client.getByRole("button", { name: /^192\.0\.2\.66, new: selection 17%/ }).click();
  await expect(pills(page)).toContainText("client_ip is 192.0.2.66");
  await hasRows(page, 6000);
});

test("a value that vanished is told", async ({ open }) => {
  const page = await open("log=nlb&panel=explain&during=2024-10-05T03:00:00.000Z/2024-10-05T03:15:00.000Z&before=2024-10-05T02:30:00.000Z/2024-10-05T02:45:00.000Z");
  const client = page.getByRole("region", { name: "Field by field" }).getByRole("region", { name: "client_ip", exact: true });
  await expect(client.getByRole("button", { name: /^192\.0\.2\.66, vanished: selection 0%/ })).toBeVisible();
});

test("a contributor is kept alone, left out, blocked, and proved", async ({ open }) => {
  const page = await open(`log=nlb&panel=explain&${HOUR}`);
  await settled(page);
  const first = page.getByRole("listitem", { name: /^1\. client_ip/ });
  await choose(first.getByRole("button", { name: "Block", exact: true }), /^Add .* to the block list/);
  await expect(page.getByRole("button", { name: "Block list (4)" })).toBeVisible();
  await choose(first.getByRole("button", { name: "What can be done with contributor 1" }), "Copy the condition as SQL");
  await expect.poll(() => clipboard(page)).toContain("'192.0.2.66'");
  await first.getByRole("button", { name: "Without it" }).click();
  await hasRows(page, 12_000);
  await expect(page.getByRole("region", { name: "Explain" })).toContainText(/This answers what was looked at before|Connections/);
  await page.keyboard.press("Backspace");
  await hasRows(page, 36_000);
  await first.getByRole("button", { name: "Only this" }).click();
  await hasRows(page, 24_000);
});

test("without a selection the largest spike is found", async ({ open }) => {
  const page = await open();
  await settled(page);
  await page.getByRole("button", { name: "Explain the largest spike" }).click();
  const panel = page.getByRole("region", { name: "Explain" });
  await expect(panel.getByRole("status").first()).toContainText("Connections rose");
  await expect(panel.getByText("Largest change", { exact: true })).toBeVisible();
  await expect(panel.getByRole("listitem", { name: /^1\. client_ip/ })).toBeVisible();
});

test("another baseline gives another answer, and the answer is copied", async ({ open }) => {
  const page = await open(`log=nlb&panel=explain&${HOUR}`);
  await settled(page);
  const panel = page.getByRole("region", { name: "Explain" });
  await expect(panel.getByRole("status")).toContainText("from 12,000 to 36,000");
  await dragTimeline(page, 0.1, 0.25, { shift: true });
  await expect(pills(page).getByRole("button", { name: /^Baseline 2024-10-05 01:/ })).toBeVisible();
  await expect(panel.getByRole("status")).not.toContainText("from 12,000 to 36,000");
  await expect(panel.getByRole("status")).toContainText(/Connections rose/);
  await choose(panel.getByRole("button", { name: "Copy", exact: true }), "as Markdown");
  await expect.poll(() => clipboard(page)).toContain("192.0.2.66");
});
