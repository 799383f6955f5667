// Charts of what was selected: top values, a map by country, flows, hours by weekdays.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { hasRows, HOUR, pills } from "./hand";
import { address, expect, serve, settled, test } from "./served";

test("top values stand side by side, and filter", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await page.getByRole("tab", { name: "Top values" }).click();
  const domains = page.getByRole("region", { name: "Top values of domain_name" });
  await expect(domains.getByRole("listitem")).toHaveText([/api\.example\.com.*26\.4K73\.3%/, /www\.example\.com.*8\.4K23\.3%/, /shop\.example\.com.*1\.2K3\.3%/]);
  await domains.getByRole("listitem").first().hover();
  await domains.getByRole("button", { name: "Without api.example.com" }).click();
  await expect(pills(page)).toContainText("domain_name is not api.example.com");
  await hasRows(page, 9600);
  await page.getByRole("button", { name: /fields …$/ }).click();
  await page.getByRole("checkbox", { name: "target_port" }).uncheck();
  await expect(page.getByRole("region", { name: "Top values of target_port" })).toHaveCount(0);
});

test("a map shows countries, and filters by them", async ({ open }) => {
  const page = await open(`log=nlb&chart=map&${HOUR}`);
  await settled(page);
  const countries = page.getByRole("region", { name: "Countries" });
  await expect(countries.getByRole("listitem").filter({ hasText: "Germany" })).toHaveText(/^Germany.*6K16\.7%/);
  const map = page.getByRole("application", { name: /^Map by country/ });
  await map.focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("status").filter({ hasText: /^(Brazil|Germany|South Africa|Vietnam): 6,000, 16\.7%$/ })).toBeVisible();
  await page.keyboard.press("End");
  const last = (await countries.getByRole("listitem").last().textContent())?.match(/^[A-Z][a-z ]+[a-z]/i)?.[0] ?? "";
  await expect(page.getByRole("status").filter({ hasText: last })).toBeVisible();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(pills(page)).toContainText(/country\(client_ip\) is (BR|DE|ZA|VN)/);
  await hasRows(page, 6000);
});

test("figures of a chart stand as a table, too", async ({ open }) => {
  const page = await open(`log=nlb&chart=map&${HOUR}`);
  await settled(page);
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await expect(page.getByRole("region", { name: "Map, as a table" }).getByRole("row", { name: "Germany DE 6,000 16.7%" })).toBeVisible();
});

test("without data of countries the map says how to come by them, and a page without logs how to begin", async ({ page, served }) => {
  const folder = mkdtempSync(join(tmpdir(), "floodmark-bare-"));
  mkdirSync(join(folder, "empty"));
  const bare = await serve(folder, [join(served.folder, "hostile")]);
  await page.goto(address(bare, "log=alb&chart=map"));
  await expect(page.getByText("No map yet: which country an address is in is not known here.")).toBeVisible();
  await expect(page.getByText("floodmark data update")).toBeVisible();
  await bare.end();
  rmSync(folder, { recursive: true, force: true });
});

test("flows go from client by load balancer to target, and filter", async ({ open }) => {
  const page = await open(`log=nlb&chart=flow&${HOUR}`);
  await settled(page);
  const flow = page.getByRole("group", { name: /^From client_ip to elb to target_ip/ });
  const place = flow.getByRole("button", { name: "client_ip 192.0.2.66: 6,000, 16.7%; filters by it" });
  await expect(place).toBeVisible();
  await expect(flow.getByRole("button", { name: /^elb net\/front.*: 36,000, 100%/ })).toBeVisible();
  await expect(flow.getByRole("button", { name: /^client_ip all others: 1[0-9],\d{3}/ })).toBeVisible();
  await place.focus();
  await page.keyboard.press("Enter");
  await expect(pills(page)).toContainText("client_ip is 192.0.2.66");
  await hasRows(page, 6000);
});

test("flows go from network to network, or whatever is chosen", async ({ open }) => {
  const page = await open(`log=nlb&chart=flow&${HOUR}`);
  await settled(page);
  await page.getByRole("combobox", { name: "To" }).selectOption("nothing");
  await page.getByRole("combobox", { name: "From" }).selectOption("country(client_ip)");
  await page.getByRole("combobox", { name: "Through" }).selectOption("domain_name");
  const flow = page.getByRole("group", { name: /^From country\(client_ip\) to domain_name/ });
  await expect(flow.getByRole("button", { name: /^country\(client_ip\) DE: 6,000, 16\.7%/ })).toBeVisible();
  await expect(flow.getByRole("button", { name: /^domain_name api\.example\.com: 26,400, 73\.3%/ })).toBeVisible();
});

test("hours by weekdays and by days, of which one is selected", async ({ open }) => {
  const page = await open("log=nlb&chart=hours");
  await settled(page);
  await expect(page.getByRole("table", { name: "Connections: hours by weekday, in UTC" })).toBeVisible();
  const hour = page.getByRole("button", { name: /^Saturday 02:00, 36,000/ });
  await expect(hour).toBeVisible();
  await page.getByRole("group", { name: "Rows" }).getByRole("button", { name: "Days", exact: true }).click();
  await page.getByRole("button", { name: /^2024-10-05 02:00, 36,000/ }).click();
  await expect(pills(page)).toContainText("Selection 2024-10-05 02:00 – 03:00");
  await hasRows(page, 36_000);
});
