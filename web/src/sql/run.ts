// Statements that run, and what came of them: one a tab.

import { effect, signal, type Signal } from "@preact/signals";

import type { Failure, Progress, ToldSql, Value } from "../api";
import { failure, isAborted, stream } from "../call";
import { tabs } from "../view";
import { forgetChecks } from "./check";
import { remember } from "./history";
import { loadSchema, schema } from "./schema";

/** How many rows are shown; all of them come with an export. */
export const ROWS_MAX = 10_000;

/** A statement that runs or ran. */
export interface Run {
  sql: string;
  database: string;
  columns: { name: string; type: string }[];
  /** The rows that came; the same array grows, and `count` says so. */
  rows: Value[][];
  count: number;
  progress: Progress | null;
  end: NonNullable<ToldSql["end"]> | null;
  error: Failure | null;
  isBusy: boolean;
  /** Whether somebody ended it before it was done. */
  isCancelled: boolean;
  stop: AbortController;
}

const runs = new Map<number, Signal<Run | null>>();

/** The last statement of a tab. */
export function runOf(tab: number): Signal<Run | null> {
  let run = runs.get(tab);
  if (run === undefined) {
    run = signal<Run | null>(null);
    runs.set(tab, run);
  }
  return run;
}

/** Runs a statement in a tab; the one that still runs there ends. */
export function execute(tab: number, sql: string): void {
  const run = runOf(tab);
  run.peek()?.stop.abort();
  const stop = new AbortController();
  const database = schema.peek()?.database ?? "";
  const began = performance.now();
  const change = (next: Partial<Run>) => {
    const present = run.peek();
    if (present?.stop === stop) run.value = { ...present, ...next };
  };
  run.value = {
    sql, database, columns: [], rows: [], count: 0, progress: null, end: null, error: null, isBusy: true, isCancelled: false, stop,
  };
  const take = (told: ToldSql) => {
    const present = run.peek();
    if (present?.stop !== stop) return;
    if (told.columns) change({ columns: told.columns });
    if (told.rows) {
      present.rows.push(...told.rows);
      change({ count: present.rows.length });
    }
    if (told.progress) change({ progress: told.progress });
    if (told.end) change({ end: told.end });
    if (told.error) change({ error: told.error });
  };
  void stream<ToldSql>("sql", { sql, database, rows_max: ROWS_MAX }, stop.signal, take)
    .catch((error: unknown) => change(isAborted(error) ? { isCancelled: true } : { error: failure(error) }))
    .finally(() => {
      change({ isBusy: false });
      const { end = null, error = null, isCancelled = false } = run.peek()?.stop === stop ? run.peek() ?? {} : { isCancelled: true };
      const seconds = end?.seconds ?? (performance.now() - began) / 1000;
      const outcome = error !== null ? "failed" : isCancelled ? "cancelled" : "done";
      remember({ sql, at: Date.now(), seconds, rows: end?.rows ?? null, outcome });
      if (outcome === "done" && !/^\s*(?:select|with|values|explain|show|describe)\b/i.test(sql)) {
        forgetChecks();
        loadSchema(true);
      }
    });
}

// A tab that is closed takes its statement along.
effect(() => {
  const ids = tabs.value.map(({ id }) => id);
  for (const [id, run] of runs) {
    if (ids.includes(id)) continue;
    run.peek()?.stop.abort();
    runs.delete(id);
  }
});

/** Ends what runs in a tab; the rows that came stay. */
export function stop(tab: number): void {
  runOf(tab).peek()?.stop.abort();
}
