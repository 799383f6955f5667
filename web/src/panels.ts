// What the server told of the view, panel by panel. A changed view ends the old question and asks anew; what changes only one
// panel asks for that panel alone, once the rows are at hand.

import { batch, computed, effect, type Signal, signal, untracked } from "@preact/signals";

import type { Place } from "./address";
import type { Compare, End, Failure, Fields, Groups, Hours, Look, Progress, Row, Rows, Sort, State, Timeline, Told, Value, Want } from "./api";
import { failure, isAborted, stream } from "./call";
import { go, log, place, view } from "./view";

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
/** Whether the user ended the question: what came is all there is. */
export const isCancelled = signal(false);
/** How often the logs were read again by `refresh`; whoever keeps answers forgets them as it changes. */
export const readings = signal(0);

/** The names of the questions under way that are worth a word: `view`, or those of single panels. */
const underWay = signal<ReadonlySet<string>>(new Set());

/** Whether the server is at work on the view, or on a panel of it. */
export const isBusy = computed(() => underWay.value.size > 0);

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

/** What a panel that was told answers: its name, and what it was asked with, as text. */
const answered = new WeakMap<object, { name: string; text: string; sort: Sort | null; view: string }>();

/** What each panel would be asked with now, by its name. */
const texts = computed(() => {
  const wants = wanted(place.value);
  return new Map(Object.entries(wants).flatMap(([name, want]) => (want === null ? [] : [[name, textOf(name, { view: view.value, want })]])));
});

function textOf(name: string, { view, want }: Look): string {
  return JSON.stringify([view, want[name as keyof Want] ?? null, readings.value]);
}

/** Whether a panel answers what is asked now; else it is of the view before, or of another order or field, and shown dimmed. */
export function isFresh(panel: object | null): boolean {
  const of = panel === null ? undefined : answered.get(panel);
  return of !== undefined && texts.value.get(of.name) === of.text;
}

/** Whether a panel is shown that does not answer what is asked now. */
export function isStale(panel: object | null): boolean {
  return panel !== null && !isFresh(panel);
}

/** How good a panel's figures are; what is of another question says nothing certain of this one. */
export function stateOf(panel: { state: State } | null): State {
  return panel !== null && isFresh(panel) ? panel.state : "partial";
}

/** The questions under way: that of the whole view, and those of single panels, by what they are of. */
const asked = new Map<string, AbortController>();

/** Asks for the panels of the view; `isAgain` reads the logs anew. */
export function ask(isAgain = false): void {
  for (const name of [...asked.keys()]) stop(name);
  if (log.value === null) return;
  batch(() => {
    if (isAgain) readings.value += 1;
    isCancelled.value = false;
    end.value = null;
  });
  const want: Want = Object.assign({}, ...Object.values(untracked(() => wanted(place.value))));
  begin("view", { view: view.peek(), want, ...(isAgain ? { again: true } : {}) });
}

/** Asks for one panel of the view, beside what else is asked; an earlier question of the same name is ended. */
function askOnly(name: string, want: Want): void {
  if (name === "rows") stop("more");
  begin(name, { view: view.peek(), want });
}

function begin(name: string, question: Look): void {
  stop(name);
  const controller = new AbortController();
  asked.set(name, controller);
  batch(() => {
    if (!isBusy.peek()) progress.value = null;
    // What went wrong with the whole view stays said while one panel of it is asked for.
    if (name === "view" || end.peek() !== null) trouble.value = null;
    // A row comes at once, unless the logs have to be read for it: then its progress says so.
    if (name !== "row") tell(name);
  });
  void run(name, question, controller).finally(() => {
    if (asked.get(name) !== controller) return;
    stop(name);
    keepOrder();
  });
}

function tell(name: string): void {
  if (!underWay.peek().has(name)) underWay.value = new Set([...underWay.peek(), name]);
}

function stop(name: string): void {
  asked.get(name)?.abort();
  asked.delete(name);
  if (underWay.peek().has(name)) underWay.value = new Set([...underWay.peek()].filter((one) => one !== name));
}

/** Where the rows did not come in the order that was asked for, the head of the table goes back to the order that they have. */
function keepOrder(): void {
  const of = rows.peek() && answered.get(rows.peek() as Rows);
  if (!of || of.view !== JSON.stringify(view.peek()) || asked.has("view") || asked.has("rows")) return;
  if (JSON.stringify(of.sort) !== JSON.stringify(place.peek().sort)) go({ sort: of.sort }, { replaces: true });
}

/** Ends the questions; what came stays, marked as partial. */
export function cancel(): void {
  batch(() => {
    isCancelled.value = asked.has("view");
    for (const name of [...asked.keys()]) stop(name);
    keepOrder();
  });
}

/** Reads the logs again. */
export function refresh(): void {
  ask(true);
}

/** Fetches the rows behind those at hand. */
export function more(): void {
  const first = rows.value;
  const after = later.value.rows.length > 0 ? later.value.next : (first?.next ?? null);
  // Where rows end is said in their own order: it means nothing while another order, or another view, is asked for.
  if (after === null || isLoadingMore.value || asked.has("view") || asked.has("rows") || !isFresh(first) || loaded.value.length >= ROWS_MAX) return;
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
      if (asked.get("more") === controller) asked.delete("more");
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

async function run(name: string, question: Look, controller: AbortController): Promise<void> {
  try {
    await stream<Told>("look", question, controller.signal, (told) => {
      if (!controller.signal.aborted) take(name, question, told);
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

function take(name: string, question: Look, told: Told): void {
  const sort = question.want.rows?.sort ?? null;
  for (const [of, panel] of Object.entries(told)) {
    if (PANELS[of] !== undefined) answered.set(panel, { name: of, text: textOf(of, question), sort, view: JSON.stringify(question.view) });
  }
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
    if (told.progress) {
      progress.value = told.progress;
      tell(name);
    }
    if (told.end && name === "view") end.value = told.end;
  });
}

/** All panels, by the names that they are asked for with. */
const PANELS: Record<string, Signal<object | null>> = { timeline, fields, rows, compare, groups, hours, row };

/** Forgets what was told, as another log is looked at. */
function forget(): void {
  for (const panel of Object.values(PANELS)) panel.value = null;
  later.value = { rows: [], next: null };
}

/** What each panel is asked with, beside the view; null if it is not wanted. */
function wanted({ by, sort, row }: Place): Record<string, Want | null> {
  const others = Object.entries(extra.value).map(([name, one]) => [name, { [name]: one }] as const);
  return {
    timeline: { timeline: { bins: BINS, by } },
    fields: { fields: { top: TOP } },
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
    const now = new Map(Object.entries(wants).flatMap(([name, want]) => (want === null ? [] : [[name, JSON.stringify(want)]])));
    const changed = [...now.keys()].filter((name) => now.get(name) !== seen.get(name));
    const text = JSON.stringify(view.value);
    const isOther = text !== seenView;
    const isOtherLog = seenLog !== log.value.name;
    seenLog = log.value.name;
    seenView = text;
    seen = now;
    // What waits for the end of a question is asked for as that comes.
    void underWay.value;
    untracked(() => {
      if (isOtherLog) forget();
      if (isOther) {
        // Of another view, a panel that nobody wants now is never shown again.
        for (const [name, panel] of Object.entries(PANELS)) if (!now.has(name)) panel.value = null;
        ask();
        return;
      }
      for (const name of changed) {
        if (isAtHand(name)) stop(name);
        // A second question would read the logs a second time. One row can wait: the table has its values.
        else if (!asked.has("view")) askOnly(name, wants[name] ?? {});
        else if (name === "row") seen.delete("row");
        else return ask();
      }
    });
  });
}

/** Whether what is told of a panel is all that there is to be told. */
function isAtHand(name: string): boolean {
  const panel = PANELS[name]?.value ?? null;
  return !asked.has("view") && isFresh(panel) && (panel as { state: State }).state !== "partial";
}
