// A server of ours for tests of the page, over generated logs and a log of hostile values.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";

import { type Page, test as base } from "@playwright/test";

const PROGRAM = process.env.FLOODMARK_TEST_PROGRAM ?? "floodmark";

/** A server that runs, and how it is reached. */
export interface Served {
  /** The address of the page, with its token. */
  page: string;
  /** The same without query. */
  root: string;
  /** The folder with what the tests write. */
  folder: string;
}

/** Values that mean harm, as a client can write them into a log. */
export const HOSTILE = [
  "<script>document.title='owned'</script>",
  "<img src=x onerror=document.title='owned'>",
  "javascript:document.title='owned'",
  "\u202Egpj.exe\u2066",
  "=cmd|' /C calc'!A0",
  "'; DROP TABLE nlb; --",
  "\u001b[31mred\u0007",
] as const;

/** Tests of the page: each has a server with the logs of an incident, shared by all tests of a file. */
export const test = base.extend<{ open: (search?: string) => Promise<Page> }, { served: Served }>({
  served: [
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), "floodmark-page-"));
      const logs = join(folder, "logs");
      const home = join(folder, "home");
      run(home, ["demo", "--folder", logs, "--generate-only"]);
      writeHostile(join(folder, "hostile"));
      const [child, page] = await serve(home, ["--from", logs, join(folder, "hostile")]);
      const root = new URL(page);
      root.search = "";
      await use({ page, root: root.href, folder });
      child.kill("SIGTERM");
      await new Promise((ended) => child.once("exit", ended));
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: "worker" },
  ],
  open: async ({ page, served }, use) => {
    await use(async (search = "") => {
      const address = new URL(served.page);
      for (const [name, value] of new URLSearchParams(search)) address.searchParams.append(name, value);
      await page.goto(address.href);
      return page;
    });
  },
});

export { expect } from "@playwright/test";

/** Runs a command of the program to its end. */
export function run(home: string, args: string[]): string {
  mkdirSync(home, { recursive: true });
  return execFileSync(PROGRAM, args, { env: environment(home), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

async function serve(home: string, args: string[]): Promise<[ChildProcess, string]> {
  const child = spawn(PROGRAM, ["serve", "--listen", "127.0.0.1:0", ...args], { env: environment(home), stdio: ["ignore", "ignore", "pipe"] });
  const lines: string[] = [];
  const address = await new Promise<string>((found, failed) => {
    createInterface({ input: child.stderr! }).on("line", (line) => {
      lines.push(line);
      const address = /^page: (\S+)/.exec(line)?.[1];
      if (address !== undefined) found(address);
    });
    child.once("exit", () => failed(new Error(`the server did not start:\n${lines.join("\n")}`)));
  });
  return [child, address];
}

function environment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home, FLOODMARK_HOME: home, TZ: "UTC", AWS_EC2_METADATA_DISABLED: "true" };
}

/** An ALB log (synthetic) whose clients write harm into paths and user agents. */
function writeHostile(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const escaped = (text: string) =>
    text.replace(/["\\]|[\u0000-\u001f]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`);
  const lines = HOSTILE.flatMap((value, at) =>
    Array.from({ length: 3 }, (_, time) =>
      [
        "https", `2024-10-05T02:0${time}:0${at}.000000Z`, "app/front/0a1b2c3d4e5f6071", `203.0.113.${at}:4242${time}`, "10.0.1.17:80",
        "0.001", "0.002", "0.000", "200", "200", "123", "4567",
        `"GET https://www.example.com:443/${encodeURI(value).replace(/"/g, "%22")} HTTP/1.1"`, `"${escaped(value)}"`,
        "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0a1b2c3d4e5f6071",
        '"Root=1-67009d00-0a1b2c3d4e5f60718293a4b5"', '"www.example.com"', '"session-reused"', "0", `2024-10-05T02:0${time}:0${at}.000000Z`,
        '"forward"', '"-"', '"-"', '"10.0.1.17:80"', '"200"', '"-"', '"-"',
      ].join(" "),
    ),
  );
  const name = "111122223333_elasticloadbalancing_eu-west-1_app.front.0a1b2c3d4e5f6071_20241005T0205Z_10.0.0.1_a1b2c3d4.log.gz";
  const path = join(folder, "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2024/10/05");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, name), gzipSync(`${lines.join("\n")}\n`));
}
