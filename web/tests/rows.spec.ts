// The rows: newest first, page by page, sorted, arranged, copied; a row's detail, and the rows around it.

import { cell, choose, clipboard, hasRows, pills, query, rows } from "./hand";
import { address, expect, settled, test } from "./served";

const COLUMNS = "columns=" + encodeURIComponent(JSON.stringify(["client_ip", "client_port", "received_bytes"]));

test("rows are the newest first", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  const newest = query(served, "select max(event_time) from nlb")[0]?.[0]?.slice(0, 19);
  await expect(await cell(page, 0, "Time")).toHaveText(newest ?? "");
  const times = await rows(page).getByRole("time").allTextContents();
  expect(times).toEqual(times.toSorted().reverse());
});

test("the next rows come by scrolling, each row once", async ({ open, served }) => {
  const page = await open(`log=nlb&during=2024-10-05T01:00:00.000Z/2024-10-05T01:04:00.000Z&${COLUMNS}`);
  await settled(page);
  const expected = query(served, `select substr(cast(event_time as varchar), 1, 19), client_ip, client_port, received_bytes from nlb
    where event_time >= timestamp '2024-10-05 01:00:00' and event_time < timestamp '2024-10-05 01:04:00'`).map((one) => one.join(" "));
  expect(expected.length, "more rows than come at once").toBeGreaterThan(500);
  const seen = new Map<string, string>();
  const grid = page.getByRole("grid", { name: "Rows" });
  await grid.hover();
  await expect(async () => {
    const shown = await rows(page).evaluateAll((all) => all.map((row): [string, string] => [
      row.getAttribute("aria-rowindex") ?? "",
      // What is known of an address stands behind it.
      [...row.querySelectorAll("[role=gridcell]")].slice(1).map((one) => one.textContent?.trim().replace(/(?<=\d)[A-Z]{2}$/, "")).join(" "),
    ]));
    for (const [at, cells] of shown) seen.set(at, cells);
    await page.mouse.wheel(0, 380);
    expect(seen.size).toBe(expected.length);
  }).toPass({ intervals: [30], timeout: 50_000 });
  await expect(page.getByText(`these are all rows: ${expected.length}`)).toBeVisible();
  expect([...seen.values()].toSorted()).toEqual(expected.toSorted());
});

test("a click on a head sorts, a second one turns the order round", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  const [[most, least] = []] = query(served, "select max(received_bytes), min(received_bytes) from nlb");
  const head = page.getByRole("grid", { name: "Rows" }).getByRole("columnheader", { name: /^received_bytes/ });
  await head.getByRole("button", { name: "received_bytes", exact: true }).click();
  await expect(head).toHaveAttribute("aria-sort", "descending");
  await expect(await cell(page, 0, "received_bytes")).toHaveText(most ?? "");
  await head.getByRole("button", { name: "received_bytes", exact: true }).click();
  await expect(head).toHaveAttribute("aria-sort", "ascending");
  await expect(await cell(page, 0, "received_bytes")).toHaveText(least ?? "");
});

test("columns are hidden, moved, made wider, and pinned", async ({ open }) => {
  const page = await open();
  await settled(page);
  const grid = page.getByRole("grid", { name: "Rows" });
  const heads = async () => (await grid.getByRole("columnheader").allTextContents()).slice(1).map((one) => one.replace(/^\W+/, ""));
  const head = (name: string) => grid.getByRole("columnheader", { name: new RegExp(`^${name}\\b`) });
  await choose(grid.getByRole("button", { name: "Menu of column target_ip" }), "Hide");
  await expect(head("target_ip")).toHaveCount(0);
  await grid.getByRole("button", { name: "domain_name", exact: true }).dragTo(grid.getByRole("button", { name: "client_ip", exact: true }));
  await expect(head("domain_name")).toHaveAttribute("aria-colindex", "2");
  expect((await heads()).join(" ")).toMatch(/domain_name.*client_ip/);
  await choose(grid.getByRole("button", { name: "Menu of column domain_name" }), "Move right");
  await expect(head("domain_name")).toHaveAttribute("aria-colindex", "3");

  const width = (await head("domain_name").boundingBox())?.width ?? 0;
  const edge = await grid.getByRole("separator", { name: "Width of domain_name" }).boundingBox();
  await page.mouse.move((edge?.x ?? 0) + (edge?.width ?? 0) / 2, (edge?.y ?? 0) + 8);
  await page.mouse.down();
  await page.mouse.move((edge?.x ?? 0) + 120, (edge?.y ?? 0) + 8, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => (await head("domain_name").boundingBox())?.width ?? 0).toBeGreaterThan(width + 80);

  await choose(grid.getByRole("button", { name: "Menu of column domain_name" }), "Pin");
  await expect(head("domain_name")).toHaveAttribute("aria-colindex", "2");
  await choose(page.getByRole("button", { name: "Columns", exact: true }), "All columns");
  const left = (await head("domain_name").boundingBox())?.x;
  await grid.hover();
  const before = (await head("sent_bytes").boundingBox())?.x ?? 0;
  await page.mouse.wheel(300, 0);
  await expect.poll(async () => (await head("sent_bytes").boundingBox())?.x ?? 0).toBeLessThan(before);
  expect((await head("domain_name").boundingBox())?.x).toBe(left);
});

test("rows are selected and copied as text, JSON and Markdown", async ({ open }) => {
  const page = await open(`log=nlb&${COLUMNS}`);
  await settled(page);
  const time = await (await cell(page, 0, "Time")).textContent();
  const port = (await (await cell(page, 1, "client_port")).textContent())?.trim();
  await rows(page).nth(0).getByRole("checkbox").click();
  await rows(page).nth(1).getByRole("checkbox").click();
  await expect(page.getByText("2 selected")).toBeVisible();
  const menu = page.getByRole("region", { name: "Rows" }).getByRole("button", { name: "Copy", exact: true });
  await choose(menu, "Copy as JSON");
  await expect(page.getByText("copied: 2 rows")).toBeVisible();
  const copied = JSON.parse(await clipboard(page)) as Record<string, string>[];
  expect(copied).toHaveLength(2);
  expect(copied[0]?.event_time).toBe(`${time?.replace(" ", "T")}.000Z`);
  expect(copied[1]?.client_port).toBe(port);
  await choose(menu, "Copy as Markdown");
  await expect.poll(() => clipboard(page)).toContain("| event_time | client_ip | client_port | received_bytes |\n| --- | --- | --- | --- |\n");
  await choose(menu, "Copy as text");
  await expect.poll(() => clipboard(page)).toContain("event_time\tclient_ip\tclient_port\treceived_bytes\n");
  expect((await clipboard(page)).split("\n")).toHaveLength(3);
});

test("a row's detail, the rows around it, and its link", async ({ open, context, served }) => {
  const page = await open("log=alb");
  await settled(page);
  await (await cell(page, 2, "Time")).click();
  const detail = page.getByRole("region", { name: "Row", exact: true });
  const title = (await detail.getByRole("heading").textContent()) ?? "";
  await expect(detail.getByRole("rowheader", { name: "ssl_protocol" })).toBeVisible();
  await expect(detail.getByRole("row", { name: /^ssl_protocol TLSv1\.2/ })).toBeVisible();
  await detail.getByRole("button", { name: "Copy the row as JSON" }).click();
  await expect.poll(() => clipboard(page)).toContain('"ssl_protocol": "TLSv1.2"');
  await detail.getByRole("button", { name: "Copy a link to this row" }).click();
  await expect.poll(() => clipboard(page)).toContain("row=");
  const link = await clipboard(page);

  await detail.getByRole("tab", { name: "Rows around it" }).click();
  const around = detail.getByRole("region", { name: "Rows around it" });
  await expect(around.getByRole("row").filter({ has: page.getByRole("cell") })).toHaveCount(15);
  const own = around.locator("[aria-current=true]");
  await expect(own.getByRole("rowheader")).toHaveText(title.replace(" UTC", ""));
  await detail.getByRole("combobox").selectOption({ label: "with the same client_ip" });
  await expect(around.getByRole("row").filter({ has: page.getByRole("cell") })).toHaveCount(3);
  await detail.getByRole("button", { name: "Take over as filter" }).click();
  await hasRows(page, 3);

  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByRole("region", { name: "Row", exact: true }).getByRole("heading")).toHaveText(title);
  expect(new URL(link).origin).toBe(new URL(address(served, "")).origin);
});

test("keys go over the rows: r, arrows, Enter, i, c, Space, j, Escape", async ({ open }) => {
  const page = await open();
  await settled(page);
  await page.keyboard.press("r");
  await expect(await cell(page, 0, "Time")).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await expect(await cell(page, 1, "client_ip")).toBeFocused();
  const client = (await (await cell(page, 1, "client_ip")).getByRole("button").first().textContent())?.replace(/[A-Z]{2}$/, "");
  await page.keyboard.press("c");
  await expect.poll(() => clipboard(page)).toBe(client);
  await page.keyboard.press("Space");
  await expect(rows(page).nth(1)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
  const detail = page.getByRole("region", { name: "Row", exact: true });
  await expect(detail.getByRole("row", { name: new RegExp(`^client_ip ${client}`) })).toBeVisible();
  const third = await (await cell(page, 2, "Time")).textContent();
  await page.keyboard.press("j");
  await expect(detail.getByRole("heading")).toContainText(third ?? "");
  await page.keyboard.press("Escape");
  await expect(detail).toHaveCount(0);
  await page.keyboard.press("k");
  await page.keyboard.press("i");
  await expect(pills(page)).toContainText(`client_ip is ${client}`);
});
