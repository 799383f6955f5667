// A small window: 720 by 450 pixels is a laptop's screen at 200 % zoom. Everything is reached, and nothing scrolls sideways.

import type { Locator, Page } from "@playwright/test";

import { cell, choose, HOUR } from "./hand";
import { expect, settled, test } from "./served";

test.use({ viewport: { width: 720, height: 450 } });

/** The button of the time zone: where there is little room it has a sign in place of the zone. */
const ZONE = /^(UTC|Time zone of all times on this page)$/;

async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), "the page does not scroll sideways").toBeLessThanOrEqual(0);
}

/** A control can be brought into sight, and nothing lies over it. */
async function isReached(...controls: Locator[]): Promise<void> {
  for (const control of controls) await control.click({ trial: true, timeout: 5000 });
}

test("Discover", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await fits(page);
  await isReached(
    page.getByRole("button", { name: "SQL", exact: true }), page.getByRole("button", { name: "New tab" }), page.getByRole("button", { name: "Keys" }),
    page.getByRole("button", { name: ZONE }), page.getByRole("searchbox", { name: "Search in all columns" }), page.getByRole("button", { name: "Add filter" }),
    page.getByRole("button", { name: "Explain", exact: true }), page.getByRole("button", { name: /^Block list/ }), page.getByRole("button", { name: "Times", exact: true }),
    page.getByRole("button", { name: "Zoom to the selection" }).last(), page.getByRole("tab", { name: "Map" }), page.getByRole("button", { name: "Columns" }),
    page.getByRole("button", { name: "Refresh" }), page.getByRole("button", { name: "All filters" }), await cell(page, 0, "client_ip"), await cell(page, 0, "sent_bytes"),
  );
  await page.getByRole("group", { name: "Areas" }).getByRole("button", { name: "Fields" }).click();
  const field = page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "domain_name", exact: true });
  await field.click();
  await expect(page.getByRole("list", { name: "Most frequent values of domain_name" })).toBeVisible();
  await isReached(page.getByTitle("values of domain_name: as SQL, file or command"));
  await fits(page);
  await page.getByRole("button", { name: "Close the fields" }).click();
  await (await cell(page, 0, "Time")).click();
  const detail = page.getByRole("region", { name: "Row", exact: true });
  await isReached(detail.getByRole("button", { name: "Close" }), detail.getByRole("tab", { name: "Rows around it" }), detail.getByRole("rowheader", { name: "log_day" }));
  await fits(page);
});

test("Explain and Block", async ({ open }) => {
  const page = await open(`log=nlb&panel=explain&${HOUR}`);
  await settled(page);
  const first = page.getByRole("listitem", { name: /^1\. client_ip/ });
  await isReached(first.getByRole("button", { name: "Only this" }), page.getByRole("button", { name: "Close the explanation" }), page.getByRole("searchbox", { name: "Search fields and values" }));
  await fits(page);
  await choose(first.getByRole("button", { name: "Block", exact: true }), "Open the block list");
  await page.getByLabel("Add by hand").fill("192.0.2.66");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const rule = page.getByRole("region", { name: "The rule" });
  await isReached(rule.getByRole("tab", { name: "Terraform" }), rule.getByRole("button", { name: "Copy", exact: true }), page.getByRole("button", { name: "Close the block list" }));
  await fits(page);
});

for (const chart of ["top", "map", "flow", "hours"]) {
  test(`the chart ${chart}`, async ({ open }) => {
    const page = await open(`log=nlb&chart=${chart}&${HOUR}`);
    await settled(page);
    await fits(page);
    await isReached(page.getByRole("tabpanel").getByTitle(/: as SQL, file or command$/).first(), page.getByRole("tab", { name: "Rows" }));
  });
}

test("SQL", async ({ open }) => {
  const page = await open("part=sql&log=nlb");
  const editor = page.getByRole("textbox", { name: /^SQL statements/ });
  await editor.click();
  await page.keyboard.insertText("SELECT * FROM nlb LIMIT 50");
  await page.getByRole("button", { name: /^Run/ }).click();
  await expect(page.getByRole("region", { name: "Result" }).getByRole("cell").first()).toBeVisible();
  await isReached(editor, page.getByRole("button", { name: "Plan", exact: true }), page.getByRole("tab", { name: "Chart" }), page.getByRole("region", { name: "Result" }).getByTitle(/: as SQL, file or command$/));
  await fits(page);
  await page.getByRole("button", { name: "Tables and history" }).click();
  await isReached(page.getByRole("tab", { name: "History" }));
  await fits(page);
});

test("dialogs and menus stay within the window", async ({ open }) => {
  const page = await open("log=nlb");
  await settled(page);
  for (const name of [/^Add filter$/, /^Keys$/, ZONE]) {
    await page.getByRole("button", { name }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toBeInViewport({ ratio: 1 });
    await page.keyboard.press("Escape");
  }
});
