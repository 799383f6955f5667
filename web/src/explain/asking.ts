// The question where a change comes from: asked again when another time or measure is looked at, and its answers kept.

import { batch, computed, effect, signal } from "@preact/signals";

import type { Explanation, Failure, Progress, ToldExplain } from "../api";
import { failure, isAborted, stream } from "../call";
import { extra, readings } from "../panels";
import { log, view } from "../view";

/** How many answers are kept, so that the way back needs no question. */
const KEPT_MAX = 8;

/** How long a view has to stand still before it is asked about, in milliseconds. */
const SETTLE_MS = 250;

/** How many values of each field are compared. */
const VALUES = 8;

/** The answer that is shown; null until there is one. */
export const answer = signal<Explanation | null>(null);
export const progress = signal<Progress | null>(null);
export const trouble = signal<Failure | null>(null);
export const isBusy = signal(false);

/** What the server noted, such as objects that it could not read. */
export const notes = signal<string[]>([]);

/** The measure that was chosen here; null takes the timeline's, or if that has none the one that moved. */
export const measure = signal<string | null>(null);

/** What the shown answer was asked with, and the part of it that has nothing to do with filters. */
const shown = signal<string | null>(null);
const shownWindows = signal<string | null>(null);

/** A question as text: what it is asked of, filters and all, and without the filters. */
interface Asked {
  question: string;
  windows: string;
}

/** The answers by their questions; those of logs that were read again since are of no use. */
const kept = new Map<string, Explanation>();
let asked: AbortController | null = null;

/** What is asked about, apart from the filters: whenever this changes, the answer is of no use any more. */
const windows = computed(() => {
  const { log, span, during, before } = view.value;
  // Without a brushed time the largest spike of the whole timeline is explained, whatever it is compared with.
  return JSON.stringify([log, during === null ? span : during, during === null ? null : before, wantedMeasure.value, readings.value]);
});

const wantedMeasure = computed(() => measure.value ?? (view.value.measure === "" ? null : view.value.measure));

const question = computed(() => JSON.stringify([windows.value, view.value.filters.filter((one) => !one.off), view.value.search]));

/** Whether the answer that is shown is of the times that are looked at. */
export const isOfWindows = computed(() => shownWindows.value === windows.value);

/** Whether something else is looked at than what the shown answer is of, and nobody is asking. */
export const isStale = computed(() => shown.value !== null && shown.value !== question.value && !isBusy.value);

/** Asks where the change comes from. */
export async function explain(): Promise<void> {
  asked?.abort();
  if (log.peek() === null) return;
  const controller = new AbortController();
  asked = controller;
  const own = { question: question.peek(), windows: windows.peek() };
  batch(() => {
    isBusy.value = true;
    trouble.value = null;
    progress.value = null;
    notes.value = [];
  });
  try {
    await stream<ToldExplain>("explain", { view: view.peek(), measure: wantedMeasure.peek() }, controller.signal, (told) => take(own, told));
  } catch (error) {
    if (!isAborted(error)) trouble.value = failure(error);
  } finally {
    if (asked === controller) isBusy.value = false;
  }
  // Where there is no answer, that to another question is none either.
  if (asked === controller && trouble.peek() !== null && !isOfWindows.peek()) {
    batch(() => {
      answer.value = null;
      shown.value = null;
      shownWindows.value = null;
    });
  }
}

/** Ends the question. */
export function cancel(): void {
  asked?.abort();
  isBusy.value = false;
}

/** Asks whenever another time, log or measure is looked at, while the panel is open. Changed filters leave the answer as it is. */
export function follow(): () => void {
  let before: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: string | null = null;
  const end = effect(() => {
    // A measure that was chosen here holds until another one, or another log, is looked at.
    const from = `${view.value.log} ${view.value.measure}`;
    if (source !== null && source !== from) measure.value = null;
    source = from;
    const own = { question: question.value, windows: windows.value };
    if (log.value === null) return;
    const known = kept.get(own.question);
    if (known !== undefined) {
      clearTimeout(timer);
      if (shown.peek() !== own.question) {
        cancel();
        show(own, known);
      }
    } else if (own.windows !== before) {
      clearTimeout(timer);
      timer = setTimeout(() => void explain(), before === null ? 0 : SETTLE_MS);
    }
    before = own.windows;
  });
  return () => {
    end();
    clearTimeout(timer);
    cancel();
  };
}

/** Has the fields of the brushed time compared with the time before, while the panel is open. */
export function compareFields(): () => void {
  const wants = (isWanted: boolean) => {
    const { compare, ...others } = extra.peek();
    if (isWanted !== (compare !== undefined)) extra.value = isWanted ? { ...others, compare: { top: VALUES } } : others;
  };
  const end = effect(() => wants(view.value.during !== null));
  return () => {
    end();
    wants(false);
  };
}

function take(own: Asked, told: ToldExplain): void {
  batch(() => {
    if (told.progress) progress.value = told.progress;
    if (told.error) trouble.value = told.error;
    if (told.end) notes.value = told.end.notes;
    if (told.answer) {
      kept.set(own.question, told.answer);
      const oldest = kept.size > KEPT_MAX ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      show(own, told.answer);
    }
  });
}

function show(own: Asked, known: Explanation): void {
  batch(() => {
    answer.value = known;
    shown.value = own.question;
    shownWindows.value = own.windows;
    trouble.value = null;
  });
}
