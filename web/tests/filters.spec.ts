// Filters: include and exclude on every value, pills that are edited, negated, switched off; search in all columns.

import { cell, choose, count, hasRows, pills, rows } from "./hand";
import { expect, settled, test } from "./served";

const ATTACKER = "log=nlb&filter=" + encodeURIComponent(JSON.stringify({ field: "client_ip", op: "is", values: ["192.0.2.66"] }));

test("a value of a row is included, and another one excluded", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  const port = await cell(page, 0, "target_port");
  const value = (await port.textContent())?.trim();
  await port.hover();
  await port.getByRole("button", { name: `Only rows with target_port = ${value}` }).click();
  await expect(pills(page)).toContainText(`target_port is ${value}`);
  await hasRows(page, count(served, `select count(*) from nlb where target_port = ${value}`));
  const domain = await cell(page, 0, "domain_name");
  const name = (await domain.textContent())?.trim();
  await domain.hover();
  await domain.getByRole("button", { name: `Only rows without domain_name = ${name}` }).click();
  await expect(pills(page)).toContainText(`domain_name is not ${name}`);
  await hasRows(page, count(served, `select count(*) from nlb where target_port = ${value} and domain_name <> '${name}'`));
});

test("a pill is turned round, switched off and on, and removed", async ({ open }) => {
  const page = await open(ATTACKER);
  await hasRows(page, 6000);
  const pill = pills(page).getByRole("button", { name: /^Filter client_ip/ });
  await choose(pill, "Turn round: is not");
  await expect(pills(page)).toContainText("client_ip is not 192.0.2.66");
  await hasRows(page, 44_984);
  await choose(pill, "Switch off");
  await expect(pills(page).getByRole("button", { name: "Filter client_ip is not 192.0.2.66, switched off" })).toBeVisible();
  await hasRows(page, 50_984);
  await choose(pill, "Switch on");
  await hasRows(page, 44_984);
  await pills(page).getByRole("button", { name: /^Remove filter client_ip/ }).click();
  await hasRows(page, 50_984);
  await expect(pills(page)).toHaveCount(0);
});

test("a pill is edited", async ({ open }) => {
  const page = await open(ATTACKER);
  await hasRows(page, 6000);
  await choose(pills(page).getByRole("button", { name: /^Filter client_ip/ }), "Edit …");
  const form = page.getByRole("dialog", { name: "Edit the filter" });
  await form.getByLabel("Value (Enter adds one more)").fill("203.0.113.7");
  await form.getByRole("button", { name: "Apply" }).click();
  await expect(pills(page)).toContainText("client_ip is one of 192.0.2.66, 203.0.113.7");
  await hasRows(page, 12_000);
});

const FORMS: [comparison: string, fill: [label: string, value: string][], pill: string, condition: string, field: string][] = [
  ["is in network", [["Network, such as 192.0.2.0/24", "203.0.113.0/24"]], "client_ip is in network 203.0.113.0/24", "client_ip like '203.0.113.%'", "client_ip"],
  ["contains", [["Text", "SHOP"]], "domain_name contains SHOP", "domain_name like '%shop%'", "domain_name"],
  ["begins with", [["Text", "api."]], "domain_name begins with api.", "domain_name like 'api.%'", "domain_name"],
  ["is between", [["From (included)", "1000"], ["To (included)", "2000"]], "received_bytes is between 1,000 and 2,000", "received_bytes between 1000 and 2000", "received_bytes"],
  ["SQL", [["Condition in Athena's SQL", "target_port = 443 AND sent_bytes > 50000"]], "SQL target_port = 443 AND sent_bytes > 50000", "target_port = 443 AND sent_bytes > 50000", "client_ip"],
];

for (const [comparison, fill, pill, condition, field] of FORMS) {
  test(`a filter is added by its form: ${comparison}`, async ({ open, served }) => {
    const page = await open();
    await settled(page);
    await page.getByRole("button", { name: "Add filter" }).click();
    const form = page.getByRole("dialog", { name: "Add a filter" });
    await form.getByLabel("Field").selectOption(field);
    await form.getByLabel("Comparison").selectOption({ label: comparison });
    for (const [label, value] of fill) await form.getByLabel(label).fill(value);
    await form.getByRole("button", { name: "Add filter" }).click();
    await expect(pills(page)).toContainText(pill);
    await hasRows(page, count(served, `select count(*) from nlb where ${condition}`));
  });
}

test("text is sought in all columns, in any case", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  await page.keyboard.press("/");
  await page.keyboard.type("SHOP.example");
  await hasRows(page, count(served, "select count(*) from nlb where domain_name like 'shop.example%'"));
  await expect(await cell(page, 0, "domain_name")).toContainText("shop.example.com");
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("192.0.2.66");
  await hasRows(page, 6000);
  await expect(await cell(page, 0, "client_ip")).toContainText("192.0.2.66");
});

test("where no row is, the way out stands", async ({ open }) => {
  const page = await open();
  await settled(page);
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("nothing has this");
  await expect(page.getByText("No row meets all conditions.")).toBeVisible();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await hasRows(page, 50_984);
  await expect(rows(page).first()).toBeVisible();
});

test("a wrong condition is told, with the way out, and the page goes on", async ({ open }) => {
  const page = await open("log=nlb&filter=" + encodeURIComponent(JSON.stringify({ field: "", op: "sql", values: ["no_such_column = 1"] })));
  await expect(page.getByRole("alert")).toContainText("no_such_column");
  await pills(page).getByRole("button", { name: /^Remove filter/ }).click();
  await hasRows(page, 50_984);
  await expect(page.getByRole("alert")).toHaveCount(0);
});
