// A log full of scripts, tricks with the direction of text, escapes of terminals, formulas: the page shows all of it as text, and does nothing.
// That no test opens a dialog, breaks the page's policy or asks another host is checked for all of them.

import type { Page } from "@playwright/test";

import { cell, choose, clipboard, hasRows, pills, rows } from "./hand";
import { EACH, HOSTILE } from "./hostile";
import { expect, settled, test } from "./served";

/** A hostile text as the page shows it: what is not seen, or turns text around, is written as its number. */
const shown = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);

/** Nothing of the log became a part of the page. */
async function isHarmless(page: Page): Promise<void> {
  expect(await page.title()).not.toContain("owned");
  const found = await page.evaluate(() => ({
    images: [...document.querySelectorAll("img")].filter((one) => new URL(one.src).pathname.endsWith("/x")).length,
    scripts: [...document.scripts].filter((one) => one.src === "").length,
    links: [...document.querySelectorAll("[href], [src], [action]")].filter((one) => /^\s*(javascript|data):/i.test(one.getAttribute("href") ?? one.getAttribute("src") ?? "")).length,
    // Characters that turn text around would do so to their neighbours.
    turned: /[\u202a-\u202e\u2066-\u2069\u001b\u0007]/.test(document.body.innerText),
  }));
  expect(found).toEqual({ images: 0, scripts: 0, links: 0, turned: false });
}

test("rows, fields and a row's detail", async ({ open }) => {
  const page = await open("log=alb");
  await hasRows(page, HOSTILE.length * EACH);
  const grid = page.getByRole("grid", { name: "Rows" });
  await page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "user_agent", exact: true }).click();
  const top = page.getByRole("list", { name: "Most frequent values of user_agent" });
  for (const value of HOSTILE) {
    await expect(grid.getByText(shown(value), { exact: true }).first()).toBeAttached();
    await expect(top.getByText(shown(value), { exact: true })).toBeAttached();
  }
  for (const [at, value] of HOSTILE.toReversed().entries()) {
    const agent = await cell(page, at, "user_agent");
    await agent.hover();
    await agent.click();
    await expect(page.getByRole("region", { name: "Row", exact: true }).getByRole("row", { name: `user_agent ${shown(value)}` })).toBeVisible();
  }
  await page.getByRole("region", { name: "Row", exact: true }).getByRole("tab", { name: "Rows around it" }).click();
  await expect(page.getByRole("region", { name: "Rows around it" }).getByRole("row")).not.toHaveCount(0);
  await isHarmless(page);
});

for (const value of HOSTILE) {
  test(`a filter, its pill, its tab and its search: ${shown(value)}`, async ({ open }) => {
    const page = await open("log=alb&filter=" + encodeURIComponent(JSON.stringify({ field: "user_agent", op: "is", values: [value] })));
    await hasRows(page, EACH);
    await expect(pills(page)).toContainText(`user_agent is ${shown(value)}`);
    await expect(page.getByRole("tablist", { name: "Hypotheses" }).getByRole("tab")).toContainText(`alb · user_agent is ${shown(value)}`);
    await pills(page).getByRole("button", { name: /^Filter user_agent/ }).click();
    await page.getByRole("menuitem", { name: "Edit …" }).click();
    await expect(page.getByRole("dialog", { name: "Edit the filter" })).toContainText(shown(value));
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search in all columns" }).fill(value);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/search=/);
    await hasRows(page, EACH);
    await isHarmless(page);
  });
}

test("the timeline, broken down", async ({ open }) => {
  const page = await open("log=alb&by=user_agent");
  await settled(page);
  const timeline = page.getByRole("region", { name: "Timeline" });
  await expect(timeline.getByRole("button", { name: shown(HOSTILE[0]) })).toBeVisible();
  await page.getByRole("button", { name: "The bins as a table" }).click();
  await expect(page.getByRole("dialog").getByRole("columnheader").filter({ hasText: "onerror" })).toHaveCount(1);
  await isHarmless(page);
});

test("Explain and its fields", async ({ open }) => {
  const page = await open("log=alb&panel=explain&during=2024-10-05T02:01:00.000Z/2024-10-05T02:03:00.000Z");
  await settled(page);
  await expect(page.getByRole("button", { name: "Again" })).toBeVisible();
  const agents = page.getByRole("region", { name: "Field by field" });
  await page.getByRole("searchbox", { name: "Search fields and values" }).fill("user_agent");
  await expect(agents.getByRole("region", { name: "user_agent", exact: true }).getByText(shown(HOSTILE[0]), { exact: true })).toBeVisible();
  await isHarmless(page);
});

test("the block list, its rule and its command", async ({ open }) => {
  const page = await open("log=alb&panel=block");
  const panel = page.getByRole("region", { name: "Block", exact: true });
  await panel.getByLabel("Add by hand").fill(`user-agent:*${HOSTILE[1]}*\nuser-agent:${HOSTILE[5]}`);
  await panel.getByRole("button", { name: "Add", exact: true }).click();
  await expect(panel.getByRole("heading", { name: "What is to be blocked (2)" })).toBeVisible();
  await expect(panel.getByRole("region", { name: "The rule" }).getByRole("tabpanel")).not.toBeEmpty();
  // A quote within a word of a shell is closed, escaped, and opened again.
  await expect(panel.getByLabel("The command")).toContainText(`'user-agent:'\\''; DROP TABLE nlb; --'`);
  await isHarmless(page);
});

test("SQL: rows, a chart, an error", async ({ open }) => {
  const page = await open("part=sql&log=alb");
  const result = page.getByRole("region", { name: "Result" });
  await page.getByRole("textbox", { name: /^SQL statements/ }).click();
  await page.keyboard.insertText(`SELECT user_agent, count(*) AS "<img src=x onerror=document.title='owned'>" FROM alb GROUP BY 1`);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result.getByRole("cell", { name: shown(HOSTILE[0]), exact: true })).toBeVisible();
  await expect(result.getByRole("columnheader", { name: /^<img src=x/ })).toBeVisible();
  await result.getByRole("cell", { name: shown(HOSTILE[3]), exact: true }).click();
  await isHarmless(page);
  await result.getByRole("tab", { name: "Chart" }).click();
  await expect(result.getByRole("row", { name: new RegExp("^<script>") })).toBeVisible();
  await isHarmless(page);
  await page.getByRole("textbox", { name: /^SQL statements/ }).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(`SELECT "<script>document.title='owned'</script>" FROM alb`);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(result.getByRole("alert")).toContainText("<script>");
  await isHarmless(page);
});

test("charts: top values and flows", async ({ open }) => {
  const page = await open("log=alb&chart=top");
  await settled(page);
  await expect(page.getByRole("region", { name: "Top values of user_agent" }).getByText(shown(HOSTILE[0]), { exact: true })).toBeVisible();
  await isHarmless(page);
  await page.getByRole("tab", { name: "Flow" }).click();
  await page.getByRole("combobox", { name: "From" }).selectOption("user_agent");
  await expect(page.getByRole("button", { name: /^user_agent <img src=x onerror/ })).toBeVisible();
  await isHarmless(page);
});

test("copied rows are no formulas for spreadsheets, and no markup for tickets", async ({ open }) => {
  const page = await open("log=alb&columns=" + encodeURIComponent(JSON.stringify(["user_agent"])));
  await settled(page);
  await page.getByRole("checkbox", { name: "Select all rows at hand" }).click();
  const menu = page.getByRole("region", { name: "Rows" }).getByRole("button", { name: "Copy", exact: true });
  await choose(menu, "Copy as text");
  await expect.poll(() => clipboard(page)).toContain("\t'=cmd|' /C calc'!A0");
  await choose(menu, "Copy as Markdown");
  await expect.poll(() => clipboard(page)).toContain("| `<script>document.title='owned'</script>` |");
  expect(await rows(page).count()).toBeGreaterThan(0);
});

test("an address that is sent full of harm is a view like any other", async ({ open }) => {
  const harm = encodeURIComponent("<img src=x onerror=document.title='owned'>");
  const page = await open(`log=alb&by=${harm}&search=${harm}&row=${harm}&zone=${harm}&columns=${encodeURIComponent('["<script>"]')}&filter=${encodeURIComponent('{"field":"<b>","op":"is","values":["<script>"]}')}`);
  await expect(page.getByRole("alert")).toContainText("the log has no field <b>");
  await expect(page.getByRole("tablist", { name: "Hypotheses" }).getByRole("tab")).toContainText("<b> is <script>");
  await isHarmless(page);
  await open(`log=${harm}`);
  await expect(page.getByRole("heading", { name: "No such log" })).toBeVisible();
  await expect(page.getByText("<img src=x onerror=document.title='owned'>", { exact: true }).first()).toBeVisible();
  await isHarmless(page);
  await page.getByRole("button", { name: "Application Load Balancer access log" }).click();
  await hasRows(page, HOSTILE.length * EACH);
});
