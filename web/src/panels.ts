// What the server told of the view, panel by panel. A changed view ends the old question and asks anew; what changes only one
// panel asks for that panel alone, once the rows are at hand.

import { batch, computed, effect, signal } from "@preact/signals";

import type { Compare, End, Failure, Fields, Groups, Hours, Look, Progress, Row, Rows, State, Timeline, Told, Value, Want } from "./api";
import { failure, isAborted, stream } from "./call";
import { log, type Place, place, view } from "./view";

export const timeline = signal<Timeline | null>(null);
export const fields = signal<Fields | null>(null);
export const rows = signal<Rows | null>(null);
export const compare = signal<Compare | null>(null);
export const groups = signal<Groups | null>(null);
export const hours = signal<Hours | null>(null);
export const row = signal<Row | null>(null);
export const progress = signal<Progress | null>(null);
export const end = signal<End | null>(null);
export const trouble = signal<Failure | null>(null);
/** Whether the server is at work on the view. */
export const isBusy = signal(false);
/** Whether what is shown still is of the view before. */
export const isStale = signal(false);
/** Whether the user ended the question: what came is all there is. */
export const isCancelled = signal(false);

/** How many rows come at a time. */
export const PAGE = 200;

/** How many rows are held at most; who wants more narrows the view or exports them. */
export const ROWS_MAX = 20_000;

/** How many values a field is summed up with. */
export const TOP = 10;

/** How many bars the timeline has, about. */
const BINS = 160;

/** Wants beside the usual ones, set by the charts and panels that are open. */
export const extra = signal<Want>({});

/** A row of the table. */
export type LoadedRow = { row: string; time: number | null; cells: Value[] };

/** The rows that came after the first page, by scrolling. */
const later = signal<{ rows: LoadedRow[]; next: string | null }>({ rows: [], next: null });

/** All rows that are at hand, in their order. */
export const loaded = computed<LoadedRow[]>(() => [...(rows.value?.rows ?? []), ...later.value.rows]);

/** Whether there are rows behind those at hand. */
export const hasMore = computed(() => (later.value.rows.length > 0 ? later.value.next : (rows.value?.next ?? null)) !== null);

/** Whether the next rows are on their way. */
export const isLoadingMore = signal(false);

/** How good a panel's figures are; what was cancelled, or failed, stays partial. */
export function stateOf(panel: { state: State } | null): State {
  const isCut = isCancelled.value || (trouble.value !== null && end.value === null);
  return isCut || panel === null ? "partial" : panel.state;
}

/** The questions under way: that of the whole view, and those of single panels, by what they are of. */
const asked = new Map<string, AbortController>();

/** Asks for the panels of the view; `isAgain` reads the logs anew. */
export function ask(isAgain = false): void {
  for (const controller of asked.values()) controller.abort();
  asked.clear();
  if (log.value === null) return;
  const { by, sort, row: shown } = place.peek();
  const want: Want = {
    timeline: { bins: BINS, by },
    fields: { top: TOP },
    rows: { sort, count: PAGE },
    ...(shown === null ? {} : { row: { row: shown } }),
    ...extra.peek(),
  };
  batch(() => {
    isBusy.value = true;
    isStale.value = true;
    isCancelled.value = false;
    trouble.value = null;
    progress.value = null;
    end.value = null;
  });
  const controller = new AbortController();
  asked.set("view", controller);
  const question: Look = { view: view.peek(), want, ...(isAgain ? { again: true } : {}) };
  void run(question, controller).finally(() => {
    if (asked.get("view") !== controller) return;
    asked.delete("view");
    batch(() => {
      isBusy.value = false;
      isStale.value = false;
    });
  });
}

/** Asks for some panels of the view, beside what else is asked; an earlier question of the same name is ended. */
function askOnly(name: string, want: Want): void {
  asked.get(name)?.abort();
  const controller = new AbortController();
  asked.set(name, controller);
  void run({ view: view.peek(), want }, controller, false).finally(() => {
    if (asked.get(name) === controller) asked.delete(name);
  });
}

/** Ends the question; what came stays, marked as partial. */
export function cancel(): void {
  for (const controller of asked.values()) controller.abort();
  asked.clear();
  batch(() => {
    isCancelled.value = isBusy.value;
    isBusy.value = false;
    isStale.value = false;
  });
}

/** Reads the logs again. */
export function refresh(): void {
  ask(true);
}

/** Fetches the rows behind those at hand. */
export function more(): void {
  const after = later.value.rows.length > 0 ? later.value.next : (rows.value?.next ?? null);
  if (after === null || isLoadingMore.value || isBusy.value || loaded.value.length >= ROWS_MAX) return;
  const first = rows.value;
  isLoadingMore.value = true;
  const controller = new AbortController();
  asked.set("more", controller);
  const question: Look = { view: view.peek(), want: { rows: { sort: place.peek().sort, count: PAGE, after } } };
  let came: Rows | null = null;
  void stream<Told>("look", question, controller.signal, (told) => {
    if (told.rows) came = told.rows;
    if (told.error) trouble.value = told.error;
  })
    .then(() => {
      if (came !== null && rows.value === first) later.value = { rows: [...later.value.rows, ...came.rows], next: came.next };
    })
    .catch(fail)
    .finally(() => {
      isLoadingMore.value = false;
    });
}

/** Asks for one panel of any view, and hands it on; it stands beside the panels above. */
export async function askFor<K extends keyof Told & keyof Want>(panel: K, question: Look, signal: AbortSignal, take: (panel: NonNullable<Told[K]>) => void): Promise<void> {
  await stream<Told>("look", question, signal, (told) => {
    const one = told[panel];
    if (one) take(one as NonNullable<Told[K]>);
    if (told.error) trouble.value = told.error;
  });
}

async function run(question: Look, controller: AbortController, isWhole = true): Promise<void> {
  try {
    await stream<Told>("look", question, controller.signal, (told) => {
      if (!controller.signal.aborted) take(told, isWhole);
    });
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  if (isAborted(error)) return;
  const known = failure(error);
  trouble.value = known;
}

function take(told: Told, isWhole: boolean): void {
  batch(() => {
    if (told.timeline) timeline.value = told.timeline;
    if (told.fields) fields.value = told.fields;
    if (told.rows) {
      rows.value = told.rows;
      later.value = { rows: [], next: null };
    }
    if (told.compare) compare.value = told.compare;
    if (told.groups) groups.value = told.groups;
    if (told.hours) hours.value = told.hours;
    if (told.row) row.value = told.row;
    if (told.error) trouble.value = told.error;
    if (!isWhole) return;
    if (told.progress) progress.value = told.progress;
    if (told.end) end.value = told.end;
    if (told.timeline || told.fields || told.rows) isStale.value = false;
  });
}

/** Forgets what was told, as another log is looked at. */
function forget(): void {
  for (const panel of [timeline, fields, rows, compare, groups, hours, row]) panel.value = null;
  later.value = { rows: [], next: null };
}

/** What a panel is asked with, beside the view; null if it is not wanted. */
function wanted({ by, sort, row }: Place): Record<string, Want | null> {
  const others = Object.entries(extra.value).map(([name, one]) => [name, { [name]: one }] as const);
  return {
    timeline: { timeline: { bins: BINS, by } },
    rows: { rows: { sort, count: PAGE } },
    row: row === null ? null : { row: { row } },
    ...Object.fromEntries(others),
  };
}

/** Asks whenever the view, or what is wanted of it, changes. */
export function follow(): () => void {
  let seenLog: string | undefined;
  let seenView = "";
  let seen = new Map<string, string>();
  return effect(() => {
    if (log.value === null || place.value.part !== "discover") return;
    const wants = wanted(place.value);
    const now = new Map(Object.entries(wants).map(([name, want]) => [name, JSON.stringify(want)]));
    const changed = Object.keys(wants).filter((name) => wants[name] !== null && now.get(name) !== seen.get(name));
    const text = JSON.stringify(view.value);
    const isOther = text !== seenView;
    if (seenLog !== log.value.name) forget();
    seenLog = log.value.name;
    seenView = text;
    seen = now;
    const isReading = isBusy.value;
    if (isOther) ask();
    else if (isReading) {
      // A second question would read the logs a second time. One row can wait: the table has its values.
      if (changed.some((name) => name !== "row")) ask();
      else seen.delete("row");
    } else for (const name of changed) askOnly(name, wants[name] ?? {});
  });
}
