// Every view is an address that can be sent; tabs, the way back, time zones, light and dark, keys.

import { cell, choose, count, hasRows, HOUR, pills, rows } from "./hand";
import { address, expect, settled, test } from "./served";

const DOMAIN = "filter=" + encodeURIComponent(JSON.stringify({ field: "domain_name", op: "is", values: ["api.example.com"] }));

test("a view that is sent is the same view", async ({ open, context }) => {
  const page = await open(`log=nlb&${HOUR}&before=2024-10-05T01:00:00.000Z/2024-10-05T01:30:00.000Z&${DOMAIN}&zone=Europe/Vienna`);
  await settled(page);
  await choose(page.getByRole("button", { name: "not broken down" }), "target_port");
  await page.getByRole("grid", { name: "Rows" }).getByRole("button", { name: "sent_bytes", exact: true }).click();
  await page.getByRole("button", { name: "Show column tls_cipher_suite" }).click();
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("10.40.");
  await expect(page).toHaveURL(/search=10\.40\./);
  await settled(page);
  expect(page.url(), "the token does not stay in the address").not.toContain("token");
  const seen = async (of: typeof page) => ({
    pills: await pills(of).innerText(),
    state: await of.getByLabel("State", { exact: true }).getByRole("status").textContent(),
    timeline: await of.getByRole("application", { name: /^Connections/ }).getAttribute("aria-label"),
    heads: await of.getByRole("grid", { name: "Rows" }).getByRole("columnheader").allTextContents(),
    rows: (await rows(of).allTextContents()).slice(0, 5),
    search: await of.getByRole("searchbox", { name: "Search in all columns" }).inputValue(),
  });
  const other = await context.newPage();
  await other.goto(page.url());
  await settled(other);
  await expect(rows(other).first()).toBeVisible();
  expect(await seen(other)).toEqual(await seen(page));
});

test("the browser's way back leads through the views", async ({ open }) => {
  const page = await open();
  await hasRows(page, 50_984);
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("192.0.2.66");
  await hasRows(page, 6000);
  await page.getByRole("tab", { name: "Hours" }).click();
  await expect(page.getByRole("heading", { name: "Hours by weekday" })).toBeVisible();
  await page.goBack();
  await expect(rows(page).first()).toBeVisible();
  await page.goBack();
  await hasRows(page, 50_984);
  await page.goForward();
  await hasRows(page, 6000);
});

test("tabs hold hypotheses: each its own view, a name, and keys", async ({ open }) => {
  const page = await open(`log=nlb&${DOMAIN}`);
  await settled(page);
  const tabs = page.getByRole("tablist", { name: "Hypotheses" });
  await expect(tabs.getByRole("tab")).toHaveText(["nlb · domain_name is api.example.com"]);
  await page.keyboard.press("n");
  await expect(tabs.getByRole("tab")).toHaveCount(2);
  await pills(page).getByRole("button", { name: /^Remove filter/ }).click();
  await hasRows(page, 50_984);
  await page.keyboard.press("F2");
  await page.getByLabel("Name of the tab").fill("all traffic");
  await page.keyboard.press("Enter");
  await expect(tabs.getByRole("tab", { selected: true })).toHaveText("all traffic");
  await page.keyboard.press("1");
  await expect(pills(page)).toContainText("domain_name is api.example.com");
  await page.reload();
  await expect(tabs.getByRole("tab")).toHaveText(["nlb · domain_name is api.example.com", "all traffic"]);
  await tabs.getByRole("tab", { name: "all traffic" }).click();
  await hasRows(page, 50_984);
  await tabs.getByRole("tab", { name: "all traffic" }).press("Delete");
  await expect(tabs.getByRole("tab")).toHaveCount(1);
  await expect(pills(page)).toContainText("domain_name is api.example.com");
});

test("times are of UTC first, and of the zone that is chosen", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await expect(await cell(page, 0, "Time, UTC")).toHaveText("2024-10-05 02:59:59");
  await page.getByRole("button", { name: "UTC", exact: true }).click();
  await page.getByRole("searchbox", { name: "Time zone" }).fill("vienna");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Europe/Vienna", exact: true })).toBeVisible();
  await expect(await cell(page, 0, "Time, Europe/Vienna")).toHaveText("2024-10-05 04:59:59");
  await expect(pills(page)).toContainText("Selection 2024-10-05 04:00 – 05:00");
  await expect(page).toHaveURL(/zone=Europe%2FVienna/);
  await hasRows(page, 36_000);
});

test("light and dark, as the system has it or as it is chosen", async ({ open }) => {
  const page = await open();
  await settled(page);
  const ground = () => page.evaluate(() => {
    const [red = 0, green = 0, blue = 0] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    return (red + green + blue) / 3 > 127 ? "light" : "dark";
  });
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).toBe("dark");
  await page.emulateMedia({ colorScheme: "light" });
  await expect.poll(ground).toBe("light");
  await choose(page.getByRole("button", { name: "Theme: system" }), "Dark");
  await expect.poll(ground).toBe("dark");
  await page.reload();
  await expect(page.getByRole("button", { name: "Theme: dark" })).toBeVisible();
  expect(await ground()).toBe("dark");
});

test("keys lead to everything, and the list of keys tells them", async ({ open }) => {
  const page = await open();
  await settled(page);
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  await expect(keys.getByRole("row")).not.toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(keys).toHaveCount(0);
  await page.keyboard.press("e");
  await expect(page.getByRole("region", { name: "Explain" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("region", { name: "Explain" })).toHaveCount(0);
  await page.keyboard.press("b");
  await expect(page.getByRole("region", { name: "Block", exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  for (const chart of ["Top values", "Map", "Flow", "Hours", "Rows"]) {
    await page.keyboard.press("x");
    await expect(page.getByRole("tab", { name: chart, exact: true })).toHaveAttribute("aria-selected", "true");
  }
  await page.keyboard.press("s");
  await expect(page.getByRole("main", { name: "SQL" })).toBeVisible();
  await expect(page.getByRole("textbox", { name: /^SQL statements/ })).toBeVisible();
});

test("everything is reached by Tab alone", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  const reached = new Set<string>();
  for (let step = 0; step < 140; step += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => {
      const own = document.activeElement;
      return own?.getAttribute("aria-label") ?? own?.getAttribute("title")?.split("\n")[0] ?? own?.textContent?.trim() ?? "";
    }));
  }
  const names = [...reached].join("\n");
  for (const name of ["To the content", "Discover", "SQL", "New tab", "Keys", "Add a filter|Add filter", "Zoom to the selection", "Explain", "Block list", "Search \\d+ fields|^$", "Columns", "Refresh|Read the logs again"]) {
    expect(names, name).toMatch(new RegExp(name, "m"));
  }
});

test("another log is chosen", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  await choose(page.getByRole("button", { name: "Network Load Balancer access log" }), /Application Load Balancer/);
  await hasRows(page, count(served, "select count(*) from alb"));
  await expect(page).toHaveTitle(/Application Load Balancer.* · Floodmark/);
});

test("who has no token is not answered, and the page allows nothing but its own", async ({ served, playwright }) => {
  const stranger = await playwright.request.newContext();
  const page = new URL(served.page);
  page.search = "";
  expect([401, 403]).toContain((await stranger.post(new URL("api/look", page).href, { data: {} })).status());
  expect([401, 403]).toContain((await stranger.get(new URL("api/start", page).href)).status());
  const answer = await stranger.get(address(served, "log=nlb"));
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-security-policy"]).toContain("default-src 'self'");
  expect(answer.headers()["content-security-policy"]).not.toContain("unsafe");
  await stranger.dispose();
});
