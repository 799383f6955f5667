// What a hand does on the page, and where the eye looks: used by the tests of all parts.

import { join } from "node:path";

import { type Locator, type Page, expect } from "@playwright/test";

import { run, type Served } from "./served";

/** The hour of the incident, as addresses of views have it. */
export const HOUR = "during=2024-10-05T02:00:00.000Z/2024-10-05T03:00:00.000Z";

/** The pills of filters and times. */
export function pills(page: Page): Locator {
  return page.getByRole("group", { name: "Filters and times" });
}

/** The table of rows, without its head. */
export function rows(page: Page): Locator {
  return page.getByRole("grid", { name: "Rows" }).getByRole("row").filter({ has: page.getByRole("gridcell") });
}

/** The cell of a row, from 0, in a column by its name. */
export async function cell(page: Page, row: number, column: string): Promise<Locator> {
  const head = page.getByRole("grid", { name: "Rows" }).getByRole("columnheader", { name: new RegExp(`^${column}\\b`) });
  const at = await head.getAttribute("aria-colindex");
  return rows(page).nth(row).getByRole("gridcell").nth(Number(at));
}

/** Waits until the view has so many rows, all of them counted. */
export async function hasRows(page: Page, count: number): Promise<void> {
  await expect(page.getByLabel("State", { exact: true }).getByRole("status")).toHaveText(`exact: ${count.toLocaleString("en")} rows`);
}

/** Chooses an entry of the menu of a button. */
export async function choose(button: Locator, entry: string | RegExp): Promise<void> {
  await button.click();
  const menu = button.page().getByRole("menu");
  const exact = typeof entry === "string" ? new RegExp(`^${entry.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`) : entry;
  await menu.getByRole("menuitem", { name: exact }).or(menu.getByRole("menuitemradio", { name: exact })).first().click();
}

/** Drags over the timeline, from one share of its width to another one. */
export async function dragTimeline(page: Page, from: number, to: number, keys: { shift?: boolean } = {}): Promise<void> {
  const box = await page.getByRole("application", { name: /in bins|from .* to / }).boundingBox();
  if (box === null) throw new Error("there is no timeline");
  const y = box.y + box.height * 0.4;
  if (keys.shift) await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), y);
  await page.mouse.move(box.x + box.width * to, y);
  await page.mouse.up();
  if (keys.shift) await page.keyboard.up("Shift");
}

/** What was copied last. */
export async function clipboard(page: Page): Promise<string> {
  return page.evaluate(() => navigator.clipboard.readText());
}

/** What the program answers in a terminal, as lines of values: the page must say the same. */
export function query(served: Served, sql: string): string[][] {
  const folders = ["logs", "hostile"].flatMap((name) => ["--from", join(served.folder, name)]);
  const answer = run(served.folder, ["query", ...folders, "--format", "csv", sql]);
  return answer.trim().split("\n").slice(1).map((line) => line.split(","));
}

/** A number that the program answers. */
export function count(served: Served, sql: string): number {
  return Number(query(served, sql)[0]?.[0]);
}
