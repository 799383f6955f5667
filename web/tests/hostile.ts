// A log whose clients mean harm: every text that they choose is an attack on whoever looks at it.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** Values that mean harm, as a client writes them into a log. */
export const HOSTILE = [
  "<script>document.title='owned'</script>",
  "<img src=x onerror=document.title='owned'>",
  "javascript:document.title='owned'",
  "\u202Egpj.exe\u2066",
  "=cmd|' /C calc'!A0",
  "'; DROP TABLE nlb; --",
  "\u001b[31mred\u0007",
] as const;

/** How many rows there are of each value. */
export const EACH = 3;

/** An ALB log (synthetic) with the values in its paths and user agents. */
export function writeHostile(folder: string): void {
  const lines = HOSTILE.flatMap((value, at) => Array.from({ length: EACH }, (_, minute) => line(value, at, minute)));
  const name = "111122223333_elasticloadbalancing_eu-west-1_app.front.0a1b2c3d4e5f6071_20241005T0205Z_10.0.0.1_a1b2c3d4.log.gz";
  const path = join(folder, "AWSLogs/111122223333/elasticloadbalancing/eu-west-1/2024/10/05");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, name), gzipSync(`${lines.join("\n")}\n`));
}

function line(value: string, at: number, minute: number): string {
  const time = `2024-10-05T02:0${minute}:0${at}.000000Z`;
  return [
    "https", time, "app/front/0a1b2c3d4e5f6071", `203.0.113.${at}:4242${minute}`, "10.0.1.17:80", "0.001", "0.002", "0.000", "200", "200", "123", "4567",
    `"GET https://www.example.com:443/${encodeURI(value).replace(/"/g, "%22")} HTTP/1.1"`, `"${escaped(value)}"`,
    "ECDHE-RSA-AES128-GCM-SHA256", "TLSv1.2", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/0a1b2c3d4e5f6071",
    '"Root=1-67009d00-0a1b2c3d4e5f60718293a4b5"', '"www.example.com"', '"session-reused"', "0", time,
    '"forward"', '"-"', '"-"', '"10.0.1.17:80"', '"200"', '"-"', '"-"',
  ].join(" ");
}

/** A text between quotes. Control characters stay as they are: other logs, and logs that were copied, do not escape them. */
function escaped(text: string): string {
  return text.replace(/["\\]/g, (one) => `\\x${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
