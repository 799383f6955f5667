// Pictures of the main views for the manual, made when they are wanted: UPDATE=1 web/test screenshots

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { cell, choose, HOUR } from "./hand";
import { expect, settled, test } from "./served";

const IMAGES = fileURLToPath(new URL("../../docs/manual/images", import.meta.url));

test.skip(process.env.UPDATE !== "1", "pictures are made only when they are wanted");
// They are the same however the machine draws letters and moves things.
test.use({ contextOptions: { reducedMotion: "reduce" } });

const ATTACKER = "filter=" + encodeURIComponent(JSON.stringify({ field: "client_ip", op: "is", values: ["203.0.113.7"] }));

/** The pictures, and what is done for each. */
const PICTURES: [name: string, search: string, ready?: (page: Page) => Promise<unknown>][] = [
  ["discover", "log=nlb&by=domain_name", async (page) => {
    await page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "client_ip", exact: true }).click();
    await expect(page.getByRole("list", { name: "Most frequent values of client_ip" }).getByRole("button", { name: /^10\.40\.0\.0/ })).toContainText("US");
    await page.mouse.move(0, 0);
  }],
  ["explain", `log=nlb&panel=explain&${HOUR}`, (page) => expect(page.getByRole("listitem", { name: /^1\. client_ip/ })).toBeVisible()],
  ["block", `log=nlb&panel=explain&${HOUR}`, async (page) => {
    await choose(page.getByRole("listitem", { name: /^1\. client_ip/ }).getByRole("button", { name: "Block", exact: true }), /^Add .* to the block list/);
    await page.keyboard.press("b");
    await expect(page.getByRole("region", { name: "What it would have done" })).toContainText("It would have blocked");
    await expect(page.getByText(/^on the block list/)).toHaveCount(0);
    await page.getByRole("region", { name: "What it would have done" }).scrollIntoViewIfNeeded();
  }],
  ["who", `log=nlb&${ATTACKER}&${HOUR}`, async (page) => {
    await choose((await cell(page, 0, "client_ip")).getByRole("button").first(), "Who is it");
    await expect(page.getByRole("dialog").getByRole("region", { name: /^Traffic of/ })).toBeVisible();
  }],
  ["sql", "part=sql&log=nlb", async (page) => {
    await page.getByRole("textbox", { name: /^SQL statements/ }).click();
    await page.keyboard.insertText("SELECT date_trunc('minute', event_time) AS minute, domain_name, count(*) AS connections\nFROM nlb\nGROUP BY 1, 2\nORDER BY 1");
    await page.keyboard.press("ControlOrMeta+Enter");
    await expect(page.getByRole("region", { name: "Result" }).getByRole("status")).toContainText(/ read$/);
    await page.getByRole("region", { name: "Result" }).getByRole("tab", { name: "Chart" }).click();
    await page.getByRole("combobox", { name: "Series by" }).selectOption({ label: "domain_name" });
  }],
  ["map", `log=nlb&chart=map&${HOUR}`, (page) => expect(page.getByRole("region", { name: "Countries" }).getByRole("listitem").first()).toBeVisible()],
  ["flow", `log=nlb&chart=flow&${HOUR}`, (page) => expect(page.getByRole("group", { name: /^From client_ip/ })).toBeVisible()],
  ["hours", "log=nlb&chart=hours", (page) => expect(page.getByRole("table", { name: /hours by weekday/ })).toBeVisible()],
  ["dark", `log=nlb&panel=explain&by=domain_name&${HOUR}`, async (page) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await expect(page.getByRole("listitem", { name: /^1\. client_ip/ })).toBeVisible();
  }],
];

for (const [name, search, ready] of PICTURES) {
  test(name, async ({ open }) => {
    mkdirSync(IMAGES, { recursive: true });
    const page = await open(search);
    if (!search.includes("part=sql")) await settled(page);
    await ready?.(page);
    await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled" });
  });
}
