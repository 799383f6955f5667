// Measures the page in Chromium, and writes its table as Markdown.
//
//   node bench/page.mjs --floodmark PROGRAM --logs FOLDER [--runs 5] [--write docs/performance.md]
//
// Each first look has a server and a browser of its own, so that no cache is warm but the system's of files. A click is timed from the
// key until the page shows the whole answer as exact.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { chromium } = createRequire(new URL("../web/package.json", import.meta.url))("@playwright/test");
const { values: options } = parseArgs({
  options: { floodmark: { type: "string" }, logs: { type: "string" }, runs: { type: "string", default: "5" }, write: { type: "string" } },
});
const runs = Number(options.runs);
const BEGIN = "<!-- page:begin -->";
const END = "<!-- page:end -->";

/** What is measured, in milliseconds. */
const times = new Map();
const load = loadavg()[0];
let told = null;
for (let run = 0; run <= runs; run += 1) {
  const home = mkdtempSync(join(tmpdir(), "floodmark-bench-"));
  const [child, address] = await serve(home);
  const browser = await launch();
  try {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    // The first run warms the system's cache of files.
    const take = (name, ms) => run > 0 && times.set(name, [...(times.get(name) ?? []), ms]);
    const asked = await look(page, address, take);
    told = asked.told;
    await clicks(page, take);
    anew(home, asked.told, take);
    take("memory", rss(child.pid));
  } finally {
    await browser.close();
    child.kill("SIGTERM");
    await new Promise((ended) => child.once("exit", ended));
    rmSync(home, { recursive: true, force: true });
  }
}
const text = table();
console.log(text);
if (options.write !== undefined) {
  const page = readFileSync(options.write, "utf8");
  const [head, rest] = page.split(BEGIN);
  writeFileSync(options.write, `${head}${BEGIN}\n\n${text}\n${END}${rest.split(END)[1]}`);
}

/** The first look at the logs, with nothing kept. */
async function look(page, address, take) {
  const started = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  await page.locator(".grid-row[data-row]").first().waitFor();
  const rows = performance.now() - started;
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN);
  await exact(page);
  take("paint", paint);
  take("first rows", rows);
  take("whole", performance.now() - started);
  return { told: await page.locator("footer .state-text").innerText() };
}

/** Clicks on what is kept. */
async function clicks(page, take) {
  const timed = async (name, act) => {
    const before = await page.evaluate(() => {
      window.measured = performance.now();
      return document.querySelector("footer .state-text")?.textContent;
    });
    await act();
    await page.waitForFunction((before) => {
      const line = document.querySelector("footer .state-text");
      return line !== null && line.textContent !== before && line.querySelector(".state.exact") !== null;
    }, before, { polling: "raf" });
    take(name, await page.evaluate(() => performance.now() - window.measured));
  };
  const address = page.url();
  const go = (search) => page.evaluate((search) => {
    history.pushState(null, "", search);
    dispatchEvent(new PopStateEvent("popstate"));
  }, search);
  const filter = (one) => `&filter=${encodeURIComponent(JSON.stringify(one))}`;
  const base = `?log=nlb`;
  await timed("keep one value", () => go(`${base}${filter({ field: "domain_name", op: "is", values: ["api.example.com"] })}`));
  await timed("leave one out as well", () =>
    go(`${base}${filter({ field: "domain_name", op: "is", values: ["api.example.com"] })}${filter({ field: "target_port", op: "is", values: ["443"], not: true })}`));
  await timed("brush an hour", () => go(`${base}&during=2024-10-05T02:00:00.000Z/2024-10-05T03:00:00.000Z`));
  await timed("search in all columns", () => go(`${base}&search=tlsv13`));
  await timed("break the timeline down", () => go(`${base}&by=domain_name&search=tls`));
  return address;
}

/** The same question as a statement over the logs, with a process of its own. */
function anew(home, _, take) {
  const sql = "SELECT date_trunc('minute', event_time), count(*) FROM nlb WHERE domain_name = 'api.example.com' GROUP BY 1 ORDER BY 1";
  const started = performance.now();
  execFileSync(options.floodmark, ["query", sql, "--from", options.logs, "--format", "csv"], { env: environment(home), stdio: "ignore" });
  take("timeline anew", performance.now() - started);
}

async function exact(page) {
  await page.waitForFunction(() => document.querySelector("footer .state-text .state.exact") !== null, undefined, { polling: "raf", timeout: 600_000 });
}

async function serve(home) {
  const child = spawn(options.floodmark, ["serve", "--listen", "127.0.0.1:0", "--from", options.logs], { env: environment(home), stdio: ["ignore", "ignore", "pipe"] });
  const address = await new Promise((found, failed) => {
    createInterface({ input: child.stderr }).on("line", (line) => {
      const address = /^page: (\S+)/.exec(line)?.[1];
      if (address !== undefined) found(address);
    });
    child.once("exit", () => failed(new Error("the server did not start")));
  });
  return [child, address];
}

function launch() {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: process.env.FLOODMARK_TEST_BROWSER ?? "/usr/bin/chromium", args });
}

function environment(home) {
  return { PATH: process.env.PATH, HOME: home, FLOODMARK_HOME: home, AWS_EC2_METADATA_DISABLED: "true" };
}

/** The largest resident memory of a process, in MB. */
function rss(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1000;
}

function table() {
  const median = (name) => (times.get(name) ?? []).toSorted((a, b) => a - b)[Math.floor(((times.get(name) ?? []).length - 1) / 2)] ?? Number.NaN;
  const anew = median("timeline anew");
  const row = (title, name) => `| ${title} | ${Math.round(median(name))} ms | ${(median(name) / anew).toFixed(2)} |`;
  return [
    `Measured on ${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model.split(" ").slice(0, 2).join(" ")}), Chromium; medians of ${runs} runs after one to warm up; load average before: ${load.toFixed(1)}. At the end of the first look the page said: ${told}.`,
    "",
    "| step | time | against the timeline alone, asked anew of the logs |",
    "| --- | --- | --- |",
    row("first paint, nothing in any cache", "paint"),
    row("the first rows", "first rows"),
    row("timeline, all fields and rows of all logs", "whole"),
    row("then: keep one value", "keep one value"),
    row("then: leave another one out", "leave one out as well"),
    row("then: brush an hour", "brush an hour"),
    row("then: search in all columns", "search in all columns"),
    row("then: break the timeline down", "break the timeline down"),
    row("floor: `floodmark query` of the timeline alone", "timeline anew"),
    "",
    `The server's peak of resident memory was ${Math.round(median("memory"))} MB.`,
    "",
  ].join("\n");
}
