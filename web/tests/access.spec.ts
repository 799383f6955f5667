// Accessibility: no view has a serious finding of axe, in light and in dark; what happens is told to screen readers.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { cell, choose, HOUR } from "./hand";
import { expect, settled, test } from "./served";

/** Views, and what is done until they stand. */
const VIEWS: [name: string, search: string, ready: (page: Page) => Promise<unknown>][] = [
  ["discover", `log=nlb&${HOUR}&by=domain_name`, async (page) => {
    await settled(page);
    await page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "client_ip", exact: true }).click();
    await expect(page.getByRole("list", { name: "Most frequent values of client_ip" })).toBeVisible();
  }],
  ["a row's detail", "log=alb", async (page) => {
    await settled(page);
    await (await cell(page, 0, "Time")).click();
    await expect(page.getByRole("region", { name: "Row", exact: true }).getByRole("rowheader").first()).toBeVisible();
  }],
  ["rows around it", "log=alb", async (page) => {
    await settled(page);
    await (await cell(page, 0, "Time")).click();
    await page.getByRole("tab", { name: "Rows around it" }).click();
    await expect(page.getByRole("region", { name: "Rows around it" }).getByRole("rowheader").first()).toBeVisible();
  }],
  ["Explain", `log=nlb&panel=explain&${HOUR}`, async (page) => {
    await settled(page);
    await expect(page.getByRole("region", { name: "Where it comes from" })).toBeVisible();
  }],
  ["Block", `log=nlb&panel=block&${HOUR}`, async (page) => {
    await page.getByLabel("Add by hand").fill("192.0.2.66\n10.0.0.0/8");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("region", { name: "The rule" })).toBeVisible();
    await expect(page.getByRole("region", { name: "What it would have done" })).toContainText("blocked");
    await settled(page);
  }],
  ["Who", `log=nlb&${HOUR}`, async (page) => {
    await settled(page);
    await choose((await cell(page, 0, "client_ip")).getByRole("button").first(), "Who is it");
    await expect(page.getByRole("dialog").getByRole("region", { name: /^Traffic of/ })).toBeVisible();
  }],
  ["top values", `log=nlb&chart=top&${HOUR}`, settled],
  ["the map", `log=nlb&chart=map&${HOUR}`, async (page) => {
    await settled(page);
    await expect(page.getByRole("region", { name: "Countries" }).getByRole("listitem").first()).toBeVisible();
  }],
  ["flows", `log=nlb&chart=flow&${HOUR}`, async (page) => {
    await settled(page);
    await expect(page.getByRole("group", { name: /^From client_ip/ })).toBeVisible();
  }],
  ["hours", `log=nlb&chart=hours&${HOUR}`, async (page) => {
    await settled(page);
    await expect(page.getByRole("table", { name: /hours by weekday/ })).toBeVisible();
  }],
  ["SQL", "part=sql&log=nlb", async (page) => {
    await page.getByRole("textbox", { name: /^SQL statements/ }).click();
    await page.keyboard.insertText("SELECT domain_name, count(*) AS n FROM nlb GROUP BY 1");
    await page.keyboard.press("ControlOrMeta+Enter");
    await expect(page.getByRole("region", { name: "Result" }).getByRole("cell", { name: "26880" }).or(page.getByRole("cell", { name: "api.example.com" })).first()).toBeVisible();
  }],
  ["a chart of SQL", "part=sql&log=nlb", async (page) => {
    await page.getByRole("textbox", { name: /^SQL statements/ }).click();
    await page.keyboard.insertText("SELECT domain_name, count(*) AS n FROM nlb GROUP BY 1");
    await page.keyboard.press("ControlOrMeta+Enter");
    await page.getByRole("tab", { name: "Chart" }).click();
    await expect(page.getByRole("figure", { name: "n along domain_name" })).toBeVisible();
  }],
  ["the keys", "log=nlb", async (page) => {
    await settled(page);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  }],
  ["the form of a filter", "log=nlb", async (page) => {
    await settled(page);
    await page.getByRole("button", { name: "Add filter" }).click();
    await expect(page.getByRole("dialog", { name: "Add a filter" })).toBeVisible();
  }],
  ["a menu", "log=nlb", async (page) => {
    await settled(page);
    await page.getByRole("button", { name: "Times" }).click();
    await expect(page.getByRole("menu")).toBeVisible();
  }],
];

async function isAccessible(page: Page, rules?: string[]): Promise<void> {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] });
  const { violations } = await (rules === undefined ? axe : axe.withRules(rules)).analyze();
  const serious = violations.filter((one) => one.impact === "serious" || one.impact === "critical");
  expect(serious.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`).slice(0, 4).join("; ")}`)).toEqual([]);
}

/** Views whose colours differ from those of the others: in the dark only colours are looked at again. */
const COLOURFUL = ["discover", "Explain", "Block", "hours", "SQL", "a menu"];

for (const [name, search, ready] of VIEWS) {
  test(name, async ({ open }) => {
    const page = await open(search);
    await ready(page);
    await isAccessible(page);
  });
}

for (const [name, search, ready] of VIEWS.filter(([name]) => COLOURFUL.includes(name))) {
  test(`${name}, in the dark`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await open(search);
    await ready(page);
    await isAccessible(page, ["color-contrast"]);
  });
}

test("results are told, and the focus stays where one is", async ({ page, open }) => {
  await open("log=nlb");
  await settled(page);
  const button = page.getByRole("button", { name: "Keys" });
  await button.click();
  await page.keyboard.press("Escape");
  await expect(button).toBeFocused();
  await page.getByRole("button", { name: "Add filter" }).click();
  await expect(page.getByRole("dialog", { name: "Add a filter" }).getByLabel("Field")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Add filter" })).toBeFocused();
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("192.0.2.66");
  await expect(page.getByRole("status").filter({ hasText: "exact: 6,000 rows" })).toHaveCount(1);
});
