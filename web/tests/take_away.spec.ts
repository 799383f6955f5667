// What a panel shows is taken along: as SQL, as files, as a command.

import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { choose, clipboard, HOUR, query } from "./hand";
import { expect, settled, test } from "./served";

/** Chooses a file of a menu, and hands out what was downloaded. */
async function downloaded(page: Page, menu: string, entry: string): Promise<{ name: string; content: Buffer }> {
  const coming = page.waitForEvent("download");
  await choose(page.getByTitle(`${menu}: as SQL, file or command`), entry);
  const file = await coming;
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

test("the timeline as CSV has the figures of the bars", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}&span=2024-10-05T02:00:00.000Z/2024-10-05T03:00:00.000Z`);
  await settled(page);
  const { name, content } = await downloaded(page, "timeline", "Download CSV");
  expect(name).toMatch(/\.csv$/);
  const figures = content.toString().trim().split(/\r?\n/).slice(1).map((line) => line.split(",").at(-1)?.replaceAll('"', "") ?? "");
  expect(figures.reduce((sum, one) => sum + Number(one), 0)).toBe(36_000);
  await page.getByRole("button", { name: "The bins as a table" }).click();
  await expect(page.getByRole("dialog").getByRole("cell")).toHaveText(figures);
});

test("rows as Parquet are a file of Parquet, with all rows", async ({ open, served }) => {
  const page = await open("log=alb");
  await settled(page);
  const { name, content } = await downloaded(page, "rows", "Download Parquet");
  expect(name).toMatch(/\.parquet$/);
  expect(content.subarray(0, 4).toString()).toBe("PAR1");
  expect(content.subarray(-4).toString()).toBe("PAR1");
  const lines = await downloaded(page, "rows", "Download JSON lines");
  expect(lines.content.toString().trim().split("\n")).toHaveLength(Number(query(served, "select count(*) from alb")[0]?.[0]));
});

test("formulas in CSV are defused", async ({ open }) => {
  const page = await open("log=alb");
  await settled(page);
  await page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "user_agent", exact: true }).click();
  const { content } = await downloaded(page, "values of user_agent", "Download CSV");
  const text = content.toString();
  expect(text).toContain("'=cmd|' /C calc'!A0");
  expect(text).not.toMatch(/^"?=/m);
  expect(text).not.toMatch(/,"?=/);
});

test("the statement that is copied gives the same figures in a terminal", async ({ open, served }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await choose(page.getByTitle("rows: as SQL, file or command"), "Copy as SQL");
  await expect.poll(() => clipboard(page)).toMatch(/select/i);
  const sql = (await clipboard(page)).trim().replace(/;$/, "");
  expect(query(served, `select count(*) from (${sql.replace(/\blimit \d+\s*$/i, "")})`)[0]?.[0]).toBe("36000");
});

test("the command of curl works in a terminal", async ({ open, served }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "domain_name", exact: true }).click();
  await choose(page.getByTitle("values of domain_name: as SQL, file or command"), "Copy as curl");
  await expect.poll(() => clipboard(page)).toContain("curl ");
  const command = await clipboard(page);
  expect(command, "the token itself is not handed out").not.toContain(new URL(served.page).searchParams.get("token") ?? "no token");
  const home = join(served.folder, "home");
  try {
    symlinkSync(process.env.FLOODMARK_TEST_PROGRAM ?? "/usr/bin/floodmark", join(home, "floodmark"));
  } catch {
    // An earlier test of this server has made it.
  }
  const answer = execFileSync("sh", ["-c", command], {
    encoding: "utf8", env: { PATH: `${home}:${process.env.PATH}`, HOME: home, FLOODMARK_HOME: home, NO_PROXY: "*", no_proxy: "*" }, stdio: ["ignore", "pipe", "pipe"],
  });
  expect(answer).toMatch(/api\.example\.com"?,.*26400/);
});
