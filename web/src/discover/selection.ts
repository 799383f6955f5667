// Which rows are selected, and which cell the keys are in.

import { effect, signal } from "@preact/signals";

import { loaded } from "../panels";
import { place, view } from "../view";

/** The ids of the rows that are selected. */
export const selected = signal<ReadonlySet<string>>(new Set());

/** The cell that the keys are in: a row of those at hand, and a column of those shown; the time is column 0. */
export const cell = signal<{ row: number; column: number }>({ row: 0, column: 0 });

let last: number | null = null;

/** Selects a row or no longer does; a range extends from the one before. */
export function select(at: number, isRange = false): void {
  const rows = loaded.value;
  const next = new Set(selected.value);
  const [from, to] = isRange && last !== null ? [Math.min(last, at), Math.max(last, at)] : [at, at];
  const id = rows[at]?.row ?? "";
  const isGone = !isRange && next.has(id);
  for (const row of rows.slice(from, to + 1)) {
    if (isGone) next.delete(row.row);
    else next.add(row.row);
  }
  last = at;
  selected.value = next;
}

/** Selects all rows at hand, or none. */
export function selectAll(isAll: boolean): void {
  selected.value = new Set(isAll ? loaded.value.map((row) => row.row) : []);
}

let seen = "";
effect(() => {
  // Rows of another order are other ones at hand: what is counted as selected is what is copied.
  const now = JSON.stringify([view.value, place.value.sort]);
  if (now === seen) return;
  seen = now;
  last = null;
  selected.value = new Set();
  cell.value = { row: 0, column: 0 };
});
