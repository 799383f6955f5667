// The rule that blocks the collected targets: what the form says, and what the server answers to it.

import { batch, computed, effect, signal } from "@preact/signals";

import type { BlockQuestion, Failure, Progress, ToldBlock, View } from "../api";
import { failure, isAborted, stream } from "../call";
import { log, start, view } from "../view";
import { type TargetKind, kindOf, targets } from "./list";
import { PLACEHOLDERS, type PlaceField, formOf, usual, within } from "./ways";

const KEPT = "floodmark.block.form";

/** How long the form has to stand still before the server is asked, in milliseconds. */
const SETTLE_MS = 350;

/** What the form says; texts are as they were typed. */
export interface Form {
  /** The chosen way; empty takes the usual one. */
  way: string;
  direction: "inbound" | "outbound" | "both";
  scope: "regional" | "cloudfront";
  isCountOnly: boolean;
  /** Whether the rule is tested on the logs. */
  isTested: boolean;
  texts: Partial<Record<PlaceField, string>>;
}

const EMPTY: Form = { way: "", direction: "inbound", scope: "regional", isCountOnly: false, isTested: true, texts: {} };

/** What the form says, kept while this window is open. */
export const form = signal<Form>(keptForm());

/** Changes what the form says. */
export function change(to: Partial<Form>): void {
  form.value = { ...form.value, ...to };
}

/** The way that is taken; null if no way can block any of the targets. */
export const way = computed(() => {
  const ways = start.value?.ways ?? [];
  const chosen = ways.find((one) => one.name === form.value.way);
  return chosen !== undefined && within(chosen, targets.value).length > 0 ? chosen : usual(ways, targets.value);
});

export const rule = signal<ToldBlock["rule"] | null>(null);
export const test = signal<ToldBlock["test"] | null>(null);
export const progress = signal<Progress | null>(null);
export const trouble = signal<Failure | null>(null);
export const notes = signal<string[]>([]);
export const isBusy = signal(false);

/** Whether somebody ended the question before all of its answer came. */
export const isCancelled = signal(false);

let asked: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** What the server is asked; null while there is nothing to block, or no way. */
export const question = computed<BlockQuestion | null>(() => {
  if (targets.value.length === 0 || way.value === null) return null;
  const { name } = way.value;
  const { direction, scope, isCountOnly, isTested, texts } = form.value;
  const { fields, hasDirection, isInWebAcl } = formOf(name);
  const text = (field: PlaceField) => (fields.includes(field) ? (texts[field]?.trim() ?? "") || (PLACEHOLDERS[field] ?? null) : null);
  return {
    way: name,
    targets: within(way.value, targets.value),
    direction: hasDirection ? direction : null,
    acl_id: text("acl_id"),
    group_id: text("group_id"),
    web_acl: text("web_acl"),
    resource_arn: text("resource_arn"),
    name: texts.name?.trim() || null,
    scope: isInWebAcl ? scope : "regional",
    expires: texts.expires?.trim() || null,
    limit: whole(text("limit")),
    window: whole(text("window")),
    count_only: isInWebAcl && isCountOnly,
    bystanders: shareOf(text("bystanders")),
    view: isTested && log.value !== null ? tested.value : null,
  };
});

/** The view that the rule is tested on: without its filters, because among the rows of an attacker alone nobody else can be hit. */
const tested = computed<View>(() => ({ ...view.value, filters: [], search: "", measure: "" }));

/** Whether the rule was to be tested and was not, because the test failed or was ended: nobody knows who else it hits. */
export const isUntested = computed(() => rule.value !== null && question.value?.view != null && test.value === null && !isBusy.value);

/** Asks for the rule and its test whenever what is wanted changes, while the panel is open. */
export function follow(): () => void {
  let before: string | null = null;
  const stop = effect(() => {
    const now = question.value;
    const key = JSON.stringify(now);
    if (key === before) return;
    end();
    batch(() => {
      // A rule of another list is shown to nobody, who might take it for that of this one.
      forget();
      isBusy.value = now !== null;
    });
    if (now !== null) timer = setTimeout(() => void write(now), before === null ? 0 : SETTLE_MS);
    before = key;
  });
  return () => {
    stop();
    end();
    isBusy.value = false;
  };
}

/** Asks the same question once more. */
export function again(): void {
  end();
  const now = question.peek();
  if (now !== null) void write(now);
}

/** Ends the question; a rule that came stays. */
export function cancel(): void {
  end();
  batch(() => {
    isCancelled.value = isBusy.value;
    isBusy.value = false;
  });
}

function end(): void {
  clearTimeout(timer);
  asked?.abort();
  asked = null;
}

/** What is wrong with targets; null if each can be blocked by some way. */
export async function wrong(texts: string[]): Promise<Failure | null> {
  const byKind = new Map<TargetKind, string[]>();
  for (const text of texts) byKind.set(kindOf(text), [...(byKind.get(kindOf(text)) ?? []), text]);
  for (const [kind, targets] of byKind) {
    // A rule of AWS WAF can be written without knowing where it goes.
    const way = start.peek()?.ways.find((one) => one.targets.includes(kind) && formOf(one.name).isInWebAcl);
    if (way === undefined) return { kind: "NotSupported", message: `no way blocks a ${kind}`, hint: null };
    let found: Failure | null = null;
    const asked: BlockQuestion = {
      way: way.name, targets, direction: null, acl_id: null, group_id: null, web_acl: null, resource_arn: null, name: null, scope: "regional",
      expires: null, limit: null, window: null, count_only: false, bystanders: null, view: null,
    };
    try {
      await stream<ToldBlock>("block", asked, new AbortController().signal, (told) => {
        found ??= told.error ?? null;
      });
    } catch (error) {
      found = failure(error);
    }
    if (found !== null) return found;
  }
  return null;
}

async function write(question: BlockQuestion): Promise<void> {
  const controller = new AbortController();
  asked = controller;
  batch(() => {
    forget();
    isBusy.value = true;
  });
  try {
    await stream<ToldBlock>("block", question, controller.signal, (told) => {
      if (controller.signal.aborted) return;
      batch(() => {
        if (told.progress) progress.value = told.progress;
        if (told.rule) rule.value = told.rule;
        if (told.test) test.value = told.test;
        if (told.end) notes.value = told.end.notes;
        if (told.error) trouble.value = told.error;
      });
    });
  } catch (error) {
    if (!isAborted(error)) trouble.value = failure(error);
  } finally {
    if (asked === controller) isBusy.value = false;
  }
}

function forget(): void {
  rule.value = null;
  test.value = null;
  trouble.value = null;
  progress.value = null;
  notes.value = [];
  isCancelled.value = false;
}

function whole(text: string | null): number | null {
  const number = Number(text ?? "");
  return text !== null && Number.isInteger(number) && number > 0 ? number : null;
}

/** A share as it is typed: `5%`, `0.05`; null if it is none. */
function shareOf(text: string | null): number | null {
  if (text === null) return null;
  const number = Number(text.replace("%", "").trim()) / (text.includes("%") ? 100 : 1);
  return number >= 0 && number <= 1 ? number : null;
}

function keptForm(): Form {
  try {
    return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") as Partial<Form>) };
  } catch {
    return EMPTY;
  }
}

effect(() => {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(form.value));
  } catch {
    // What is kept there is no more than a convenience.
  }
});
