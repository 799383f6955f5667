// Who an address is, and what stops it: chips, cards, the list, the rule in its forms, and what it would have done.

import { cell, choose, clipboard, hasRows, HOUR, pills } from "./hand";
import { expect, settled, test } from "./served";

const ATTACKER = "filter=" + encodeURIComponent(JSON.stringify({ field: "client_ip", op: "is", values: ["203.0.113.7"] }));

test("an address is a chip with what is known, and leads to all of its traffic", async ({ open }) => {
  const page = await open(`log=nlb&${HOUR}`);
  await settled(page);
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("203.0.113.7");
  await hasRows(page, 6000);
  const chip = (await cell(page, 0, "client_ip")).getByRole("button", { name: /^203\.0\.113\.7/ });
  await expect(chip).toContainText("VN");
  await choose(chip, "All traffic of this");
  await expect(pills(page)).toContainText("client_ip is 203.0.113.7");
});

test("an address's card tells all that is known, where it is from, and what it did", async ({ open }) => {
  const page = await open(`log=nlb&search=203.0.113.7&${HOUR}`);
  await hasRows(page, 6000);
  await choose((await cell(page, 0, "client_ip")).getByRole("button", { name: /^203\.0\.113\.7/ }), "Who is it");
  const card = page.getByRole("dialog", { name: "Who is 203.0.113.7" });
  await expect(card.getByText("documentation, 203.0.113.0/24")).toBeVisible();
  await expect(card.getByText("RFC 5737")).toBeVisible();
  const traffic = card.getByRole("region", { name: "Traffic of 203.0.113.7" });
  await expect(traffic).toContainText("6,000 connections");
  await expect(traffic).toContainText("from 2024-10-05 02:00:00.000 to 2024-10-05 02:59:59.000 UTC");
  await expect(card.getByText("threat lists").locator("..")).toContainText("not known");
  await card.getByRole("button", { name: "Only without it" }).click();
  await expect(card).toHaveCount(0);
  await expect(pills(page)).toContainText("client_ip is not 203.0.113.7");
  await expect(page.getByText("No row meets all conditions.")).toBeVisible();
});

test("the menu of a chip is opened by a key, and blocks", async ({ open }) => {
  const page = await open(`log=nlb&${ATTACKER}`);
  await hasRows(page, 6000);
  await page.keyboard.press("r");
  await expect(await cell(page, 0, "Time")).toBeFocused();
  await page.keyboard.press("ArrowRight");
  await expect(await cell(page, 0, "client_ip")).toBeFocused();
  await page.keyboard.press("m");
  await expect(page.getByRole("menuitem", { name: "All traffic of this" })).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await expect(page.getByText("on the block list: 203.0.113.7")).toBeVisible();
  await expect(page.getByRole("button", { name: "Block list (1)" })).toBeVisible();
});

test("a list is collected, its rule is written in each form, and tested on the logs", async ({ open }) => {
  const page = await open(`log=nlb&panel=block&${HOUR}`);
  const panel = page.getByRole("region", { name: "Block", exact: true });
  await panel.getByLabel("Add by hand").fill("192.0.2.66 # the first\n203.0.113.7, 198.51.100.23");
  await panel.getByRole("button", { name: "Add", exact: true }).click();
  await expect(panel.getByRole("heading", { name: "What is to be blocked (3)" })).toBeVisible();
  const tested = panel.getByRole("region", { name: "What it would have done" });
  await expect(tested).toContainText("It would have blocked 18,000 of 24,000 connections that there are more of than before (75.0 %)");
  const rule = panel.getByRole("region", { name: "The rule" });
  await expect(rule.getByRole("tabpanel")).toContainText("aws ec2 create-network-acl-entry");
  for (const [form, text] of [["JSON", '"192.0.2.66/32"'], ["Terraform", "aws_network_acl_rule"], ["CloudFormation", "AWS::EC2::NetworkAclEntry"]] as const) {
    await rule.getByRole("tab", { name: form }).click();
    await expect(rule.getByRole("tabpanel")).toContainText(text);
    await rule.getByRole("button", { name: "Copy", exact: true }).click();
    await expect.poll(() => clipboard(page)).toContain(text);
  }
  await rule.getByRole("tab", { name: "AWS CLI" }).click();
  await rule.getByRole("button", { name: "takes it away" }).click();
  await expect(rule.getByRole("tabpanel")).toContainText("delete-network-acl-entry");
  await expect(rule.getByLabel("The command")).toContainText("floodmark block --with nacl");
  await panel.getByRole("button", { name: "Take 203.0.113.7 from the list" }).click();
  await expect(tested).toContainText("It would have blocked 12,000 of 24,000 connections");
});

test("another way writes another rule, and says what it cannot block", async ({ open }) => {
  const page = await open(`log=nlb&panel=block&${HOUR}`);
  const panel = page.getByRole("region", { name: "Block", exact: true });
  await panel.getByLabel("Add by hand").fill("192.0.2.66\nTV");
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("heading", { name: "What is to be blocked (2)" })).toBeVisible();
  await panel.getByRole("radio", { name: /^waf-ip-set/ }).check();
  await expect(panel.getByRole("region", { name: "The rule" }).getByRole("tabpanel")).toContainText("create-ip-set");
  await expect(panel.getByText(/Not in this rule, because waf-ip-set blocks no countries: TV/)).toBeVisible();
  await panel.getByRole("radio", { name: /^waf-geo/ }).check();
  await expect(panel.getByRole("region", { name: "The rule" }).getByRole("tabpanel")).toContainText("TV");
});

test("a rule that would hit much else is refused, until its reasons are read", async ({ open }) => {
  const page = await open(`log=nlb&panel=block&${HOUR}`);
  const panel = page.getByRole("region", { name: "Block", exact: true });
  await panel.getByLabel("Add by hand").fill("10.0.0.0/8");
  await panel.getByRole("button", { name: "Add", exact: true }).click();
  const rule = panel.getByRole("region", { name: "The rule" });
  await expect(rule.getByRole("alert")).toContainText("Refused");
  await expect(rule.getByRole("button", { name: "Copy", exact: true })).toBeDisabled();
  await rule.getByRole("checkbox", { name: "I have read why it is refused" }).check();
});

test("what is no target is told", async ({ open }) => {
  const page = await open(`log=nlb&panel=block`);
  const panel = page.getByRole("region", { name: "Block", exact: true });
  await panel.getByLabel("Add by hand").fill("999.1.1.1");
  await panel.getByRole("button", { name: "Add", exact: true }).click();
  await expect(panel.getByRole("alert")).toContainText("999.1.1.1");
  await expect(panel.getByRole("heading", { name: "What is to be blocked (0)" })).toBeVisible();
});
