// What the server told of the view, panel by panel. A changed view ends the old question and asks anew.

import { batch, effect, signal } from "@preact/signals";

import type { Compare, End, Failure, Fields, Groups, Hours, Look, Progress, Row, Rows, Timeline, Told, Want } from "./api";
import { failure, isAborted, stream } from "./call";
import { log, place, view } from "./view";

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

/** How many rows come at a time. */
export const PAGE = 200;

/** How many values a field is summed up with. */
export const TOP = 10;

/** Wants beside the usual ones, set by the charts and panels that are open. */
export const extra = signal<Want>({});

let asked: AbortController | null = null;

/** Asks for the panels of the view; `isAgain` reads the logs anew. */
export function ask(isAgain = false): void {
  asked?.abort();
  if (log.value === null) return;
  const controller = new AbortController();
  asked = controller;
  const { by, sort, row } = place.peek();
  const want: Want = {
    timeline: { bins: 160, by },
    fields: { top: TOP },
    rows: { sort, count: PAGE },
    ...(row === null ? {} : { row: { row } }),
    ...extra.peek(),
  };
  const question: Look = { view: view.peek(), want, ...(isAgain ? { again: true } : {}) };
  batch(() => {
    isBusy.value = true;
    trouble.value = null;
    progress.value = null;
    end.value = null;
  });
  void stream<Told>("look", question, controller.signal, (told) => take(told))
    .catch((error: unknown) => {
      if (!isAborted(error)) trouble.value = failure(error);
    })
    .finally(() => {
      if (asked === controller) isBusy.value = false;
    });
}

/** Ends the question; what came stays, marked as partial. */
export function cancel(): void {
  asked?.abort();
  isBusy.value = false;
}

/** Reads the logs again. */
export function refresh(): void {
  ask(true);
}

function take(told: Told): void {
  batch(() => {
    if (told.timeline) timeline.value = told.timeline;
    if (told.fields) fields.value = told.fields;
    if (told.rows) rows.value = told.rows;
    if (told.compare) compare.value = told.compare;
    if (told.groups) groups.value = told.groups;
    if (told.hours) hours.value = told.hours;
    if (told.row) row.value = told.row;
    if (told.progress) progress.value = told.progress;
    if (told.end) end.value = told.end;
    if (told.error) trouble.value = told.error;
  });
}

/** Asks whenever the view, or what is wanted of it, changes. */
export function follow(): () => void {
  let before = "";
  return effect(() => {
    const { part, by, sort, row } = place.value;
    const now = JSON.stringify([log.value?.name, view.value, by, sort, row, extra.value]);
    if (part !== "discover" || now === before) return;
    before = now;
    ask();
  });
}
