// While logs are read: the page stands at once, figures grow and say that they are partial, and whoever no longer wants them stops them.

import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { HOUR, rows } from "./hand";
import { address, expect, serve, type Served, settled, test as base } from "./served";

/** How many times the logs of the incident lie in the folder: enough that reading them takes a while. */
const COPIES = 16;

/** Tests over logs that are read for longer than a test takes. */
const test = base.extend<object, { large: Served }>({
  large: [
    async ({ served }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "floodmark-large-"));
      for (let copy = 0; copy < COPIES; copy += 1) cpSync(join(served.folder, "logs"), join(folder, `logs/${copy}`), { recursive: true });
      mkdirSync(join(folder, "home"));
      const large = await serve(folder, [join(folder, "logs")]);
      await use(large);
      await large.end();
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

test("the page stands before the rows are read, and shows them as they come", async ({ page, large }) => {
  await page.goto(address(large, "log=nlb"));
  const reading = page.getByRole("progressbar", { name: "Reading" });
  await expect(page.getByRole("searchbox", { name: "Search in all columns" })).toBeVisible();
  await expect(page.getByRole("region", { name: "Fields" }).getByRole("button", { name: "client_ip", exact: true })).toBeVisible();
  await expect(page.getByLabel("State", { exact: true })).toContainText(/reading: [\d,]+ of [\d,]+ objects/);
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Timeline" }).getByText("partial", { exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Fields" }).getByText("partial", { exact: true })).toBeVisible();
  await expect(reading).toHaveAttribute("aria-valuenow", /^\d+$/);
  expect(Number(await reading.getAttribute("aria-valuenow"))).toBeLessThan(100);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByLabel("State", { exact: true })).toContainText("cancelled: what was read so far is shown");
  await expect(reading).toHaveCount(0);
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Timeline" }).getByText("partial", { exact: true })).toBeVisible();
});

test("one question answers all panels of a view", async ({ page, served }) => {
  let asked = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith("/look")) asked += 1;
  });
  await page.goto(address(served, `log=nlb&by=domain_name&${HOUR}`));
  await settled(page);
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Timeline" }).getByText("exact", { exact: true })).toBeVisible();
  await expect(page.getByRole("region", { name: "Fields" }).getByText("exact", { exact: true })).toBeVisible();
  expect(asked).toBe(1);
});

test("another question ends the one before", async ({ page, large }) => {
  const ended: string[] = [];
  page.on("requestfailed", (request) => ended.push(`${new URL(request.url()).pathname} ${request.failure()?.errorText}`));
  await page.goto(address(large, "log=nlb"));
  await expect(page.getByRole("progressbar", { name: "Reading" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Search in all columns" }).fill("192.0.2.66");
  await expect.poll(() => ended).toContain("/_ui/api/look net::ERR_ABORTED");
  await expect(page.getByRole("progressbar", { name: "Reading" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
});
