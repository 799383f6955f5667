// What of a log's values can be blocked.

import type { Contributor } from "../api";
import { counted } from "../explain/figures";
import { field } from "../view";

/** How long a text is at most that a rule of AWS WAF looks for; it counts bytes, which the server does. */
const CHARACTERS_MAX = 200;

/** The network that a text is as a target, a single address among them; null if it is neither, whatever else it could be a target for. */
export function networkOf(text: string): string | null {
  const [address = "", bits, ...others] = text.split("/");
  const isOld = /^\d{1,3}(\.\d{1,3}){3}$/.test(address) && address.split(".").every((part) => Number(part) < 256);
  const isNew = /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/.test(address) && URL.canParse(`http://[${address}]/`);
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isOld ? 32 : 128));
  return (isOld || isNew) && isBits && others.length === 0 ? text : null;
}

/** Whether a text is a single address. */
export function isAddress(text: string): boolean {
  return !text.includes("/") && networkOf(text) !== null;
}

/** The target that a value of a field is, as the command takes it; null if it is none. */
export function targetOf(name: string, value: string | null): string | null {
  const kind = field(name)?.kind ?? "";
  return value === null ? null : written(name, kind, value);
}

/** What can be put on the block list of a contributor, each with its name. */
export function targetsOf(contributor: Contributor): { name: string; targets: string[] }[] {
  const found = contributor.conditions.flatMap(({ column, kind, values }) => {
    const targets = values.flatMap((value) => written(column, kind, value) ?? []);
    return targets.length === 0 ? [] : [{ name: named(targets, kind), targets }];
  });
  const clients = (contributor.clients?.busiest ?? []).flatMap(({ client }) => (client === null ? [] : (networkOf(client) ?? [])));
  const isNamed = found.some(({ targets }) => clients.every((client) => targets.includes(client)));
  return clients.length === 0 || isNamed ? found : [...found, { name: `its ${counted(clients.length, "busiest client")}`, targets: clients }];
}

function named(targets: string[], kind: string): string {
  if (kind === "address") {
    return targets.every((target) => target.includes("/")) ? `its ${counted(targets.length, "network")}` : `its ${counted(targets.length, "address", "addresses")}`;
  }
  if (kind === "path") return `its ${counted(targets.length, "path")}`;
  if (kind === "user agent") return `its ${counted(targets.length, "user agent")}`;
  return `its ${counted(targets.length, "country", "countries")}`;
}

function written(name: string, kind: string, value: string): string | null {
  if (kind === "address") return networkOf(value);
  // A rule looks at a path as it was sent: only of such characters it is known how they were. A star at the end stands for any text.
  if (kind === "path") return /^\/[A-Za-z0-9._~/-]*\*?$/.test(value) && value.length <= CHARACTERS_MAX ? value : null;
  if (kind === "user agent") return /^[^*\p{Cc}]+$/u.test(value) && value.length <= CHARACTERS_MAX ? `user-agent:*${value}*` : null;
  return /^country\b/.test(name) && /^[A-Z]{2}$/.test(value) ? value : null;
}
