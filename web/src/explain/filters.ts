// A contributor as filters of the view.

import type { Contributor, Filter } from "../api";
import { field, look, view } from "../view";

/** Kinds whose values may be groups by the look of them, such as `5xx` or `curl`. */
const GROUPED = ["user agent", "HTTP status", "domain", "path"];

/** Keeps only the rows of a contributor: those that meet all of its conditions. */
export function keepOnly(contributor: Contributor): void {
  add(filtersOf(contributor));
}

/** Keeps all rows but those of a contributor. */
export function leaveOut(contributor: Contributor): void {
  const filters = filtersOf(contributor);
  // All rows but those that meet several conditions at once are said by one condition.
  const [only] = filters;
  const one = filters.length === 1 && only !== undefined ? only : whole(contributor);
  add([{ ...one, not: true }]);
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

function add(filters: Filter[]): void {
  const known = new Set(view.value.filters.map((filter) => JSON.stringify(filter)));
  const added = filters.filter((filter) => !known.has(JSON.stringify(filter)));
  if (added.length > 0) look({ filters: [...view.value.filters, ...added] });
}
