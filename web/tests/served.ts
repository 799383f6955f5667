// Servers of ours for tests of the page: over the generated logs of an incident, and over a log of hostile values.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { type BrowserContext, type Page, expect, test as base } from "@playwright/test";

import { writeHostile } from "./hostile";

const PROGRAM = process.env.FLOODMARK_TEST_PROGRAM ?? "floodmark";

/** Countries of the documentation's networks, as a file that one brings. */
const COUNTRIES = [
  "192.0.2.0,192.0.2.255,DE", "198.51.100.0,198.51.100.255,BR", "203.0.113.0,203.0.113.127,VN", "203.0.113.128,203.0.113.255,ZA",
  "10.0.0.0,10.39.255.255,AT", "10.40.0.0,10.40.0.255,US", "10.40.1.0,10.40.2.255,GB", "10.40.3.0,10.40.4.255,JP", "10.40.5.0,10.40.255.255,AU",
];

/** A server that runs, and how it is reached. */
export interface Served {
  /** The address of the page, with its token. */
  page: string;
  /** The folder with what the tests write, the program's own folder among it. */
  folder: string;
  /** Ends the server. */
  end: () => Promise<void>;
}

interface Fixtures {
  /** Opens the page at a view, given as the query of its address without the `?`. */
  open: (search?: string) => Promise<Page>;
  /** Fails a test whose pages wrote an error, opened a dialog or asked another host. */
  quiet: void;
}

/** Tests of the page: one server is shared by all of them, and changes nothing that another test could see. */
export const test = base.extend<Fixtures, { served: Served }>({
  served: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), "floodmark-page-"));
      const logs = join(folder, "logs");
      run(folder, ["demo", "--folder", logs, "--generate-only"]);
      const countries = join(folder, "countries.csv");
      writeFileSync(countries, `${COUNTRIES.join("\n")}\n`);
      run(folder, ["data", "import", countries, "--as", "country"]);
      writeHostile(join(folder, "hostile"));
      const served = await serve(folder, [logs, join(folder, "hostile")]);
      await use(served);
      await served.end();
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 60_000 },
  ],
  quiet: [
    async ({ context }, use) => {
      const heard = listen(context);
      await use();
      expect(heard, "the page is to be quiet, and to ask nobody but its server").toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, served }, use) => {
    await use(async (search = "log=nlb") => {
      await page.goto(address(served, search));
      return page;
    });
  },
});

export { expect } from "@playwright/test";

/** The address of a view, with the token. */
export function address(served: Served, search: string): string {
  const url = new URL(served.page);
  for (const [name, value] of new URLSearchParams(search)) url.searchParams.append(name, value);
  return url.href;
}

/** Waits until all figures of the view are there, and counted over all rows. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByLabel("State", { exact: true }).getByRole("status")).toHaveText(/^exact: [\d,]+ rows$/);
}

/** Starts a server over logs; its program keeps what it keeps in the folder. */
export async function serve(folder: string, logs: string[]): Promise<Served> {
  const from = logs.flatMap((path) => ["--from", path]);
  const child = spawn(PROGRAM, ["serve", "--listen", "127.0.0.1:0", ...from], { env: environment(folder), stdio: ["ignore", "ignore", "pipe"] });
  const page = await said(child);
  return {
    page,
    folder,
    end: async () => {
      const ended = new Promise((ended) => child.once("exit", ended));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** The address that a server says when it is ready. */
function said(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  return new Promise((found, failed) => {
    if (child.stderr === null) return failed(new Error("the server has no output"));
    createInterface({ input: child.stderr }).on("line", (line) => {
      lines.push(line);
      const address = /^page: (\S+)/.exec(line)?.[1];
      if (address !== undefined) found(address);
    });
    child.once("exit", () => failed(new Error(`the server did not start:\n${lines.join("\n")}`)));
  });
}

/** Runs a command of the program to its end, and hands out what it wrote. */
export function run(folder: string, args: string[]): string {
  return execFileSync(PROGRAM, args, { env: environment(folder), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function environment(folder: string): NodeJS.ProcessEnv {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const page = process.env.FLOODMARK_PAGE_FOLDER;
  return {
    PATH: process.env.PATH, HOME: home, FLOODMARK_HOME: home, TZ: "UTC", AWS_EC2_METADATA_DISABLED: "true",
    ...(page === undefined ? {} : { FLOODMARK_PAGE_FOLDER: page }),
  };
}

/** What the pages of a browser do that none of ours may do. */
function listen(context: BrowserContext): string[] {
  const heard: string[] = [];
  let origin: string | null = null;
  context.on("console", (message) => {
    if (message.type() === "error" || /content.security.policy/i.test(message.text())) heard.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => heard.push(`error: ${error.error().stack}`));
  context.on("dialog", (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("request", (request) => {
    const url = new URL(request.url());
    origin ??= url.origin;
    // What a page makes itself, such as a file to download, goes to no host.
    if (url.origin !== origin) heard.push(`request: ${request.url()}`);
  });
  return heard;
}
