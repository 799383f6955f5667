// Filters in words, as pills and tabs have them.

import type { Failure, Filter, Value } from "../api";
import { number } from "../format";
import { field as known } from "../view";

/** The comparisons that one chooses from, in the order of a menu: what a filter keeps, and its opposite. */
export const OPS: { op: Filter["op"]; title: string; opposite: string; values: "many" | "one" | "two" | "none" }[] = [
  { op: "is", title: "is", opposite: "is not", values: "many" },
  { op: "contains", title: "contains", opposite: "does not contain", values: "one" },
  { op: "starts", title: "begins with", opposite: "does not begin with", values: "one" },
  { op: "between", title: "is between", opposite: "is not between", values: "two" },
  { op: "within", title: "is in network", opposite: "is not in network", values: "many" },
  { op: "exists", title: "has a value", opposite: "is NULL", values: "none" },
  { op: "sql", title: "SQL", opposite: "not SQL", values: "one" },
];

/** Whether a filter may be why nothing could be answered: one of a field that the log does not have, or a condition that is no SQL. */
export function isWrong({ field, op, off }: Filter, failure: Failure | null): boolean {
  if (off || failure === null) return false;
  return op === "sql" ? failure.kind === "InvalidQuery" : failure.kind === "NotFound" && known(field) === null;
}

/** What is shown of a filter: its field, what is compared, and with what. */
export interface FilterParts {
  field: string;
  verb: string;
  values: Value[];
}

/** A filter in its parts. */
export function filterParts({ field, op, values, not }: Filter): FilterParts {
  if (op === "between") return between(field, values, not ?? false);
  const kind = OPS.find((one) => one.op === op);
  const isMany = op === "is" && values.length > 1;
  const verb = isMany ? (not ? "is none of" : "is one of") : ((not ? kind?.opposite : kind?.title) ?? op);
  return { field: op === "sql" ? "" : field, verb, values };
}

/** A filter in a line. */
export function filterText(filter: Filter): string {
  const { field, verb, values } = filterParts(filter);
  return [field, verb, values.map((value) => value ?? "NULL").join(", ")].filter((part) => part !== "").join(" ");
}

function between(field: string, [low, high]: Value[], not: boolean): FilterParts {
  const end = (value: Value | undefined) => (value === null || value === undefined ? null : Number.isFinite(Number(value)) ? number(Number(value)) : value);
  const [from, to] = [end(low), end(high)];
  const is = not ? "is not" : "is";
  if (from === null) return { field, verb: `${is} at most`, values: [to ?? ""] };
  if (to === null) return { field, verb: `${is} at least`, values: [from] };
  return { field, verb: `${is} between`, values: [`${from} and ${to}`] };
}
