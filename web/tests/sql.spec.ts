// SQL: completion, errors underlined in place, history, plan, charts, run and cancel.

import type { Page } from "@playwright/test";

import { choose, clipboard, count, HOUR } from "./hand";
import { expect, settled, test } from "./served";

const TOP = "SELECT client_ip, count(*) AS n FROM nlb GROUP BY client_ip ORDER BY n DESC LIMIT 5";

const editor = (page: Page) => page.getByRole("textbox", { name: /^SQL statements/ });
const result = (page: Page) => page.getByRole("region", { name: "Result" });

/** Writes a statement as if it were typed at once: no completion opens. */
async function write(page: Page, sql: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(sql);
}

test("tables, columns and functions are proposed", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await expect(page.getByRole("complementary", { name: "Tables and history" }).getByText("nlb")).toBeVisible();
  await editor(page).click();
  await page.keyboard.type("SELECT count(*) FROM nl");
  await expect(page.getByRole("option", { name: /^nlb/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await write(page, "SELECT  FROM nlb");
  for (let step = 0; step < " FROM nlb".length; step += 1) await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("client_i");
  await expect(page.getByRole("option", { name: /^client_ip/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.type("p, approx_d");
  await page.getByRole("option", { name: /^approx_distinct/ }).click();
  await expect(editor(page)).toContainText("client_ip, approx_distinct");
});

test("an error is underlined where it stands, and told", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, "SELECT count(*) FROM nlb;\n\nSELECT client_ipp\nFROM nlb");
  await expect(page.getByText(/^Line 3, column 8: .*client_ipp/)).toBeVisible();
  // Nothing but its look tells the underline.
  await expect(page.locator(".cm-lintRange-error")).toHaveText("client_ipp");
  await write(page, TOP);
  await expect(page.getByText(/^Line \d+, column/)).toHaveCount(0);
});

test("a statement runs, and its rows, a chart and its plan are shown", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, TOP);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("status")).toContainText(/^5 rows · .* · 15\.2 MB read$/);
  for (const address of ["192.0.2.66", "198.51.100.23", "203.0.113.7", "203.0.113.201"]) {
    await expect(result(page).getByRole("row", { name: `${address} 6000` })).toBeVisible();
  }
  await result(page).getByRole("tab", { name: "Chart" }).click();
  await expect(result(page).getByRole("figure", { name: "n along client_ip" }).getByRole("row", { name: /^192\.0\.2\.66/ })).toBeVisible();
  await page.getByRole("button", { name: "Plan", exact: true }).click();
  await expect(result(page).getByLabel("The plan")).toContainText("TopK(fetch=5)");
});

test("a chart over time is drawn as lines", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, "SELECT date_trunc('minute', event_time) AS minute, count(*) AS n FROM nlb GROUP BY 1 ORDER BY 1");
  await page.getByRole("button", { name: /^Run/ }).click();
  await expect(result(page).getByRole("status")).toContainText(/^136 rows/);
  await result(page).getByRole("tab", { name: "Chart" }).click();
  await expect(result(page).getByLabel("Chart", { exact: true }).locator("visible=true").first()).toBeVisible();
  await expect(result(page).getByRole("combobox", { name: "Chart" })).toHaveValue("line");
  await expect(result(page).getByLabel("n along minute").first()).toBeVisible();
});

test("what ran stands in the history, failed or not", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, "SELECT count(*) AS all_rows FROM nlb");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("row", { name: "50984" })).toBeVisible();
  await write(page, "SELECT nothing_known FROM nlb");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("alert")).toContainText("nothing_known");
  await page.getByRole("tab", { name: "History" }).click();
  const past = page.getByRole("complementary", { name: "Tables and history" }).getByRole("listitem");
  await expect(past).toHaveCount(2);
  await expect(past.first()).toContainText("failed");
  await expect(past.last()).toContainText("1 rows");
  await page.reload();
  await page.getByRole("tab", { name: "History" }).click();
  await past.last().getByRole("button", { name: /all_rows/ }).click();
  await expect(editor(page)).toContainText("SELECT count(*) AS all_rows");
  await past.first().getByRole("button", { name: "Forget this statement" }).click();
  await expect(past).toHaveCount(1);
});

test("only the statement at the cursor runs", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, "SELECT 'first' AS which;\n\nSELECT 'second' AS which;");
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("cell", { name: "first" })).toBeVisible();
  await expect(result(page).getByRole("cell", { name: "second" })).toHaveCount(0);
});

/** Runs a statement that takes minutes, and ends it. */
async function cancelled(page: Page): Promise<void> {
  await write(page, "SELECT count(*) FROM nlb a CROSS JOIN nlb b WHERE a.client_port * b.client_port % 1009 = 7");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("progressbar", { name: "How much is read" })).toBeVisible();
  await page.getByRole("toolbar", { name: "Statements" }).getByRole("button", { name: "Cancel" }).click();
  await expect(result(page).getByRole("progressbar")).toHaveCount(0);
}

test("a statement that was cancelled says so", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await cancelled(page);
  await expect(result(page)).toContainText(/cancelled/i);
});

test("a statement that runs long is cancelled, and the next one runs", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await cancelled(page);
  await write(page, "SELECT 41 + 1 AS answer");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("cell", { name: "42" })).toBeVisible();
});

test("a result is sorted, and a cell shows its value in full", async ({ open, served }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, "SELECT client_ip, received_bytes FROM nlb");
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result(page).getByRole("status")).toContainText("the first 10,000 rows: export gives all");
  expect(count(served, "select count(*) from nlb")).toBeGreaterThan(10_000);
  await result(page).getByRole("columnheader", { name: /received_bytes/ }).click();
  await expect(result(page).getByRole("columnheader", { name: /received_bytes/ })).toHaveAttribute("aria-sort", /ascending|descending/);
  const bytes = result(page).getByRole("cell", { name: /^\d+$/ });
  await expect.poll(async () => {
    const shown = (await bytes.allTextContents()).map(Number);
    const ordered = shown.toSorted((one, other) => one - other);
    return shown.length > 5 && [ordered, ordered.toReversed()].some((one) => one.join() === shown.join());
  }).toBe(true);
  const first = (await bytes.first().textContent()) ?? "";
  await bytes.first().click();
  await expect(result(page).getByRole("status").filter({ hasText: "received_bytes" })).toContainText(first);
});

test("the address of the part holds its statements", async ({ open, context }) => {
  const page = await open("part=sql&log=nlb");
  await write(page, TOP);
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByText(/^copied: the address/)).toBeVisible();
  const other = await context.newPage();
  await other.goto(await clipboard(page));
  await expect(editor(other)).toContainText(TOP);
});

test("statements to begin with, tables and columns go into the editor", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  await page.getByRole("button", { name: "nlb: rows by minute" }).click();
  await expect(editor(page)).toContainText("date_trunc('minute', event_time)");
  await choose(page.getByRole("button", { name: "Do something with nlb" }), "Count the rows");
  await page.keyboard.press("ControlOrMeta+Enter");
  await page.getByRole("button", { name: /^Run/ }).click();
  await expect(result(page).getByRole("cell", { name: "50984" })).toBeVisible();
});

test("a panel's statement opens in the editor, and gives the same figures", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  const fields = page.getByRole("region", { name: "Fields" });
  await fields.getByRole("button", { name: "domain_name", exact: true }).click();
  const top = fields.getByRole("list", { name: "Most frequent values of domain_name" }).getByRole("listitem");
  await expect(top.first()).toContainText("api.example.com26.4K73.3%");
  await choose(page.getByTitle("values of domain_name: as SQL, file or command"), "Open in the SQL editor");
  await expect(editor(page)).toContainText("domain_name");
  await page.getByRole("button", { name: /^Run/ }).click();
  await expect(result(page).getByRole("row", { name: /\bapi\.example\.com\b.*\b26400\b/ })).toBeVisible();
});
