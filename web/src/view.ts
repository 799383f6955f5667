// What is looked at: held in signals, in the page's address, and in its tabs.

import { batch, computed, effect, signal } from "@preact/signals";

import { type Place, read, written } from "./address";
import type { Field, Filter, Log, Span, Start, Value, View } from "./api";

/** A day and a week, by which a baseline usually lies before the selection, in milliseconds. */
export const DISTANCES = [86_400_000, 7 * 86_400_000];

/** What the server told at the start; null until it has. */
export const start = signal<Start | null>(null);

/** Where the page is. Changed only by `go` and the functions below. */
export const place = signal<Place>(read(location.search));

/** What is looked at. */
export const view = computed(() => place.value.view);

/** The log that is looked at. */
export const log = computed<Log | null>(() => start.value?.logs.find((log) => log.name === view.value.log) ?? null);

/** What is compared with what was brushed: what the user chose, else as long just before; null if nothing was brushed. */
export const baseline = computed<Span | null>(() => {
  const { during, before } = view.value;
  return before ?? (during && [during[0] - (during[1] - during[0]), during[0]]);
});

/** What is added up: the measure of the view, or the log's first. */
export const measure = computed(() => log.value?.measures.find((one) => one.name === view.value.measure) ?? log.value?.measures[0] ?? null);

/** The field with the time of an event, which every log has; it always stands first in the table. */
export const EVENT_TIME = "event_time";

/** The columns that are shown behind the time. */
export const columns = computed(() => (place.value.columns ?? log.value?.columns ?? []).filter((name) => name !== EVENT_TIME));

/** The field of a name. */
export function field(name: string): Field | null {
  return log.value?.fields.find((field) => field.name === name) ?? null;
}

/** Goes to another place. A step of the way back, unless it only `replaces` the present one. */
export function go(change: Partial<Place>, options: { replaces?: boolean } = {}): void {
  place.value = { ...place.value, ...change };
  const address = `${location.pathname}${written(place.value)}`;
  if (address === `${location.pathname}${location.search}`) return;
  if (options.replaces) history.replaceState({ tab: tab.value, depth: depth() }, "", address);
  else step(address);
}

/** How many steps of this page lie behind the present one. */
function depth(): number {
  return (history.state as { depth?: number } | null)?.depth ?? 0;
}

function step(address?: string): void {
  history.pushState({ tab: tab.value, depth: depth() + 1 }, "", address);
}

/** Goes a step back, if that does not lead out of the page. */
export function back(): void {
  if (depth() > 0) history.back();
}

/** Looks at something else. */
export function look(change: Partial<View>): void {
  go({ view: { ...view.value, ...change }, row: null });
}

/** Selects a time. What it is compared with goes along as far as it lies before it; one drawn by hand stays, unless the selection reaches into it. */
export function select(during: Span): void {
  const { during: was, before } = view.value;
  look({ during, before: before && alongWith(during, was, before) });
}

function alongWith(during: Span, was: Span | null, before: Span): Span | null {
  const distance = was === null || was[1] - was[0] !== before[1] - before[0] ? null : was[0] - before[0];
  if (distance !== null && DISTANCES.includes(distance)) {
    const moved: Span = [during[0] - distance, during[1] - distance];
    return overlap(moved, during) ? null : moved;
  }
  return overlap(before, during) ? null : before;
}

/** Whether two spans have a moment in common. */
export function overlap(one: Span, other: Span): boolean {
  return one[0] < other[1] && other[0] < one[1];
}

/** Keeps only rows with a value of a field, or, with `not`, only those without it. */
export function filterBy(name: string, value: Value, not = false): void {
  const filters = withFilter(view.value.filters, name, value, not);
  if (JSON.stringify(filters) !== JSON.stringify(view.value.filters)) look({ filters });
}

/** Filters with one more value: it joins those that its field already is, or is not, filtered by; where they said the opposite of it, it is taken out. */
export function withFilter(filters: Filter[], name: string, value: Value, not = false): Filter[] {
  const isOf = (one: Filter, negated: boolean) => one.field === name && one.op === "is" && !one.off && (one.not ?? false) === negated;
  let isLeftOut = false;
  const others = filters.flatMap((one) => {
    if (!isOf(one, !not) || !one.values.includes(value)) return [one];
    const values = one.values.filter((held) => held !== value);
    isLeftOut ||= not && values.length > 0;
    return values.length > 0 ? [{ ...one, values }] : [];
  });
  // A list of what is kept that no longer has the value says already that it is left out.
  if (isLeftOut) return others;
  const at = others.findIndex((one) => isOf(one, not));
  const known = others[at];
  if (known === undefined) return [...others, { field: name, op: "is", values: [value], ...(not ? { not } : {}) }];
  return known.values.includes(value) ? others : others.with(at, { ...known, values: [...known.values, value] });
}

/** Puts another filter in the place of one, or takes it away. */
export function setFilter(at: number, filter: Filter | null): void {
  const filters = view.value.filters.flatMap((one, position) => (position !== at ? [one] : filter === null ? [] : [filter]));
  look({ filters });
}

/** Adds a filter of any kind. */
export function addFilter(filter: Filter): void {
  look({ filters: [...view.value.filters, filter] });
}

/** Shows or hides a column; what is added stands last. */
export function toggleColumn(name: string): void {
  const shown = columns.value;
  setColumns(shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name]);
}

/** Shows these columns; of those that are pinned, what is left of them stays so. */
export function setColumns(names: string[], pinned = place.value.pinned): void {
  go({ columns: names, pinned: Math.min(pinned, names.length) }, { replaces: true });
}

addEventListener("popstate", (event) => {
  const id = (event.state as { tab?: number } | null)?.tab;
  batch(() => {
    // A step back may lead to another tab; one that was closed opens again, so that no other one loses what it holds.
    if (id !== undefined && !tabs.value.some((one) => one.id === id)) tabs.value = [...tabs.value, { id, name: null, address: location.search }];
    if (id !== undefined) tab.value = id;
    place.value = read(location.search);
  });
});

// Tabs: one a hypothesis.

/** A tab: a name that the user gave, or none, and the address of its place. */
export interface Tab {
  id: number;
  name: string | null;
  address: string;
}

const TABS = "floodmark.tabs";

/** The tabs of this window, in their order. */
export const tabs = signal<Tab[]>([{ id: 1, name: null, address: location.search }]);

/** The tab that is shown. */
export const tab = signal(1);

/** The id of the tab that was opened last. None is given twice: what was kept for a tab is never that of another. */
let lastId = 1;

function takeUp(): void {
  const kept = JSON.parse(sessionStorage.getItem(TABS) ?? "null") as { tabs: Tab[]; tab: number; last?: number } | null;
  const shown = kept?.tabs.find((one) => one.id === kept.tab);
  if (!kept || shown === undefined) return;
  const own = (history.state as { tab?: number } | null)?.tab;
  const back = kept.tabs.find((one) => one.id === own) ?? null;
  lastId = Math.max(kept.last ?? 1, ...kept.tabs.map((one) => one.id));
  // An address that was pasted, or a link, leaves a hypothesis alone that somebody named or narrowed down.
  const isOther = back === null && written(read(shown.address)) !== written(place.value) && (shown.name !== null || isNarrowed(shown.address));
  if (isOther) lastId += 1;
  batch(() => {
    tabs.value = isOther ? [...kept.tabs, { id: lastId, name: null, address: written(place.value) }] : kept.tabs;
    tab.value = isOther ? lastId : (back ?? shown).id;
  });
}

function isNarrowed(address: string): boolean {
  const { filters, search, span, during } = read(address).view;
  return filters.length > 0 || search !== "" || span !== null || during !== null;
}

try {
  takeUp();
} catch {
  // What is kept there is no more than a convenience.
}

history.replaceState({ tab: tab.value, depth: depth() }, "");

effect(() => {
  const address = written(place.value);
  const own = tabs.peek().map((one) => (one.id === tab.value ? { ...one, address } : one));
  tabs.value = own;
  keepTabs();
});

function keepTabs(): void {
  try {
    sessionStorage.setItem(TABS, JSON.stringify({ tabs: tabs.peek(), tab: tab.peek(), last: lastId }));
  } catch {
    // A window that keeps nothing still has its tabs.
  }
}

/** Opens a tab beside the present one, with the same view. */
export function openTab(): void {
  const id = (lastId += 1);
  const at = tabs.value.findIndex((one) => one.id === tab.value);
  batch(() => {
    tabs.value = tabs.value.toSpliced(at + 1, 0, { id, name: null, address: written(place.value) });
    tab.value = id;
  });
  step();
}

/** Shows a tab. */
export function showTab(id: number): void {
  const shown = tabs.value.find((one) => one.id === id);
  if (shown === undefined || id === tab.value) return;
  batch(() => {
    tab.value = id;
    place.value = read(shown.address);
  });
  step(`${location.pathname}${shown.address}`);
}

/** Closes a tab; the last one stays. */
export function closeTab(id: number): void {
  if (tabs.value.length < 2) return;
  const at = tabs.value.findIndex((one) => one.id === id);
  const left = tabs.value.filter((one) => one.id !== id);
  const next = left[Math.min(at, left.length - 1)];
  if (tab.value === id && next !== undefined) showTab(next.id);
  tabs.value = left;
  keepTabs();
}

/** Searches in a tab that need not be shown. */
export function searchIn(id: number, search: string): void {
  if (id === tab.value) return look({ search });
  tabs.value = tabs.value.map((one) => {
    if (one.id !== id) return one;
    const of = read(one.address);
    return { ...one, address: written({ ...of, view: { ...of.view, search }, row: null }) };
  });
  keepTabs();
}

/** Names a tab; null gives it the name of what it shows. */
export function nameTab(id: number, name: string | null): void {
  tabs.value = tabs.value.map((one) => (one.id === id ? { ...one, name } : one));
  keepTabs();
}
