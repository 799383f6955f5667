// A contributor as filters of the view.

import type { Contributor, Filter } from "../api";
import { field, look, view } from "../view";

/** Kinds whose values may be groups by the look of them, such as `5xx` or `curl`. */
const GROUPED = ["user agent", "HTTP status", "domain", "path"];

/** Keeps only the rows of a contributor: those that meet all of its conditions. */
export function keepOnly(contributor: Contributor): void {
  narrow(filtersOf(contributor));
}

/** Adds filters that take the place of what their columns were filtered by before: both at once would leave no row, or say the same. */
export function narrow(filters: Filter[]): void {
  const columns = new Set(filters.map(({ field }) => field).filter((name) => name !== ""));
  change([...view.value.filters.filter((one) => !isOfValues(one) || !columns.has(one.field)), ...filters]);
}

/** Keeps all rows but those of a contributor. */
export function leaveOut(contributor: Contributor): void {
  const filters = filtersOf(contributor);
  // All rows but those that meet several conditions at once are said by one condition.
  const [only] = filters;
  const one = filters.length === 1 && only !== undefined ? only : whole(contributor);
  change([...view.value.filters.flatMap((known) => without(known, one)), { ...one, not: true }]);
}

/** A filter without the values of another: those would be asked for and left out at once, so that no row is left. */
function without(known: Filter, other: Filter): Filter[] {
  if (known.not || !isOfValues(known) || known.op !== other.op || known.field !== other.field) return [known];
  const values = known.values.filter((value) => !other.values.includes(value));
  return values.length === 0 ? [] : [{ ...known, values }];
}

function isOfValues({ op, off }: Filter): boolean {
  return !off && (op === "is" || op === "within");
}

function filtersOf(contributor: Contributor): Filter[] {
  const filters = contributor.conditions.map(({ column, kind, values }) => filterOf(column, kind, values));
  return filters.every((filter) => filter !== null) ? filters : [whole(contributor)];
}

/** All conditions as one, as the server wrote it: right for whatever the values are. */
function whole(contributor: Contributor): Filter {
  return { field: "", op: "sql", values: [contributor.condition] };
}

/** A condition as a filter that people can read and edit; null if it is only certain as SQL. */
function filterOf(column: string, kind: string, values: string[]): Filter | null {
  if (field(column) === null || values.includes("NULL")) return null;
  if (kind === "address" && values.every((value) => value.includes("/"))) return { field: column, op: "within", values };
  if (kind === "address" && values.some((value) => value.includes("/"))) return null;
  const mayBeGroups = kind === "user agent" || values.some((value) => GROUPED.includes(kind) && /[*]|^\dxx$/.test(value));
  return mayBeGroups ? null : { field: column, op: "is", values };
}

/** Looks at what other filters let through; the same one twice is one. */
function change(filters: Filter[]): void {
  const texts = filters.map((filter) => JSON.stringify(filter));
  const next = filters.filter((_, at) => texts.indexOf(texts[at] ?? "") === at);
  if (JSON.stringify(next) !== JSON.stringify(view.value.filters)) look({ filters: next });
}
