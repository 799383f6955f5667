// The fields at the left: search, top values with their shares, distinct values, NULLs.

import { choose, count, hasRows, pills } from "./hand";
import { expect, settled, test } from "./served";

test("fields are found by words", async ({ open }) => {
  const page = await open();
  await settled(page);
  const fields = page.getByRole("region", { name: "Fields" });
  await expect(fields.getByRole("button", { name: "client_ip", exact: true })).toBeVisible();
  await page.keyboard.press("f");
  await expect(page.getByRole("searchbox", { name: "Search fields" })).toBeFocused();
  await page.keyboard.type("received bytes");
  await expect(fields.getByRole("button", { name: "received_bytes", exact: true })).toBeVisible();
  await expect(fields.getByRole("button", { name: "client_ip", exact: true })).toHaveCount(0);
  await page.getByRole("searchbox", { name: "Search fields" }).fill("no such field");
  await expect(fields.getByText("no field has all of these words")).toBeVisible();
});

test("a click shows top values with shares, of how many rows they are, distinct values and NULLs", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  const fields = page.getByRole("region", { name: "Fields" });
  await fields.getByRole("button", { name: "client_ip", exact: true }).click();
  const first = fields.getByRole("list", { name: "Most frequent values of client_ip" }).getByRole("listitem").first();
  await expect(first).toContainText(/(192\.0\.2\.66|198\.51\.100\.23|203\.0\.113\.7|203\.0\.113\.201).*6K11\.8%/);
  const distinct = count(served, "select count(distinct client_ip) from nlb");
  await expect(fields.getByText("distinct", { exact: true }).locator("..")).toHaveText(`distinct${(distinct / 1000).toFixed(1)}K`);
  await expect(fields.getByText("NULL", { exact: true }).locator("..")).toHaveText("NULLnone");
  await expect(fields.getByText("of", { exact: true }).locator("..")).toHaveText("of51K rows");
});

test("NULLs are told as a share, quantities with least, mean and most", async ({ open, served }) => {
  const page = await open("log=nlb&during=2024-10-05T03:00:00.000Z/2024-10-05T03:15:00.000Z");
  await settled(page);
  const fields = page.getByRole("region", { name: "Fields" });
  await fields.getByRole("button", { name: "incoming_tls_alert", exact: true }).click();
  await expect(fields.getByText("NULL", { exact: true }).locator("..").filter({ hasText: "%" })).toHaveText("NULL100%");
  await fields.getByRole("button", { name: "incoming_tls_alert", exact: true }).click();
  await fields.getByRole("button", { name: "received_bytes", exact: true }).click();
  const most = count(served, "select max(received_bytes) from nlb where event_time >= timestamp '2024-10-05 03:00:00'");
  await expect(fields.getByText("most", { exact: true }).locator("..")).toHaveText(`most${Number((most / 1000).toPrecision(3))} KB`);
});

test("a top value is included and excluded, by pointer and by keys", async ({ open }) => {
  const page = await open();
  await settled(page);
  const fields = page.getByRole("region", { name: "Fields" });
  await fields.getByRole("button", { name: "domain_name", exact: true }).click();
  const api = fields.getByRole("list", { name: "Most frequent values of domain_name" }).getByRole("listitem").filter({ hasText: "api.example.com" });
  await api.hover();
  await api.getByRole("button", { name: "Only rows without domain_name = api.example.com" }).click();
  await expect(pills(page)).toContainText("domain_name is not api.example.com");
  await settled(page);
  await page.getByRole("button", { name: "Remove filter domain_name is not api.example.com" }).click();
  await hasRows(page, 50_984);
  await fields.getByRole("button", { name: "domain_name", exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("i");
  await expect(pills(page)).toContainText("domain_name is api.example.com");
});

test("a field becomes a column, and goes again", async ({ open }) => {
  const page = await open();
  await settled(page);
  const head = page.getByRole("grid", { name: "Rows" }).getByRole("button", { name: "tls_cipher_suite", exact: true });
  await page.getByRole("button", { name: "Show column tls_cipher_suite" }).click();
  await expect(head).toHaveCount(1);
  await page.getByRole("button", { name: "Hide column tls_cipher_suite" }).click();
  await expect(head).toHaveCount(0);
});

test("only rows that have a value, or have none", async ({ open, served }) => {
  const page = await open();
  await settled(page);
  const fields = page.getByRole("region", { name: "Fields" });
  await fields.getByRole("button", { name: "tls_cipher_suite", exact: true }).click();
  await choose(fields.getByRole("button", { name: "More of tls_cipher_suite" }), "Only rows that have a value");
  await expect(pills(page)).toContainText("tls_cipher_suite has a value");
  await hasRows(page, count(served, "select count(*) from nlb where tls_cipher_suite is not null"));
});
