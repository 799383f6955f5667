// The kinds of fields: their signs, and the order of their groups.

import type { Field, Kind } from "../api";

/** Kinds in groups, in the order in which one looks for them. */
const GROUPS: [title: string, kinds: Kind[]][] = [
  ["Addresses and ports", ["address", "domain", "port"]],
  ["Requests", ["HTTP status", "url", "path", "query string", "user agent"]],
  ["Categories", ["category"]],
  ["Quantities", ["quantity"]],
  ["Times", ["time"]],
  ["Identifiers", ["identifier"]],
  ["Nested", ["nested"]],
];

const SIGNS: Record<Kind, string> = {
  address: "@", domain: "∴", port: ":", "HTTP status": "2x", url: "//", path: "/", "query string": "?", "user agent": "ua",
  category: "A", quantity: "#", time: "t", identifier: "id", nested: "{}",
};

/** A field's kind, as a small sign. */
export function KindSign({ field }: { field: Field }) {
  return <span class={`kind of-${field.source}`} title={`${field.kind}, ${field.type}`} aria-hidden="true">{SIGNS[field.kind]}</span>;
}

/** Fields in groups by kind; groups without any are left out. */
export function byKind(fields: Field[]): [title: string, fields: Field[]][] {
  const facts = fields.filter((one) => one.source === "fact");
  const others = fields.filter((one) => one.source !== "fact");
  const groups = GROUPS.map(([title, kinds]): [string, Field[]] => [title, others.filter((one) => kinds.includes(one.kind))]);
  return [...groups.slice(0, 1), ["Known of addresses", facts] as [string, Field[]], ...groups.slice(1)].filter(([, of]) => of.length > 0);
}

/** Whether a field's values are numbers that one compares by size: they stand at the right. */
export function isNumber(field: Field | null): boolean {
  return field?.kind === "quantity" || field?.kind === "HTTP status" || field?.kind === "port";
}
