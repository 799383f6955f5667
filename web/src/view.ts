// What is looked at: held in signals, in the page's address, and in its tabs.

import { batch, computed, effect, signal } from "@preact/signals";

import type { Field, Filter, Log, Sort, Span, Start, Value, View } from "./api";

/** A day and a week, by which a baseline usually lies before the selection, in milliseconds. */
export const DISTANCES = [86_400_000, 7 * 86_400_000];

const OPS = ["is", "contains", "starts", "between", "within", "exists", "sql"];

/** What the server told at the start; null until it has. */
export const start = signal<Start | null>(null);

/** The parts of the page, one at a time. */
export type Part = "discover" | "sql";

/** Which charts stand beside the table. */
export type Chart = "rows" | "top" | "map" | "flow" | "hours";

/** All that the page's address says. */
export interface Place {
  part: Part;
  view: View;
  /** The field by whose values the timeline is stacked. */
  by: string | null;
  /** The columns that are shown, in their order; null for the log's usual ones. */
  columns: string[] | null;
  /** Columns at the left that stay while the others scroll. */
  pinned: number;
  sort: Sort | null;
  chart: Chart;
  /** The row whose detail is shown. */
  row: string | null;
  /** Which side panel is open. */
  panel: "explain" | "block" | null;
  /** The time zone of all times that are shown, such as `UTC` or `Europe/Vienna`. */
  zone: string;
}

/** The place of a page without an address. */
export function emptyPlace(log = ""): Place {
  const view: View = { log, span: null, during: null, before: null, filters: [], search: "", measure: "" };
  return { part: "discover", view, by: null, columns: null, pinned: 0, sort: null, chart: "rows", row: null, panel: null, zone: "UTC" };
}

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

/** The address of a place, as what stands behind the path. */
export function written(place: Place): string {
  const { view } = place;
  const parameters = new URLSearchParams();
  const set = (name: string, value: string | null | undefined) => {
    if (value !== null && value !== undefined && value !== "") parameters.append(name, value);
  };
  set("part", place.part === "discover" ? null : place.part);
  set("log", view.log);
  set("span", spanText(view.span));
  set("during", spanText(view.during));
  set("before", spanText(view.before));
  for (const filter of view.filters) set("filter", JSON.stringify(filter));
  set("search", view.search);
  set("measure", view.measure);
  set("by", place.by);
  if (place.columns !== null) set("columns", JSON.stringify(place.columns));
  set("pinned", place.pinned > 0 ? String(place.pinned) : null);
  if (place.sort !== null) set("sort", `${place.sort.descending ? "-" : ""}${place.sort.field}`);
  set("chart", place.chart === "rows" ? null : place.chart);
  set("row", place.row);
  set("panel", place.panel);
  set("zone", place.zone === "UTC" ? null : place.zone);
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** The place that an address names. What it does not name, or names wrongly, is as usual. */
export function read(search: string): Place {
  const parameters = new URLSearchParams(search);
  const place = emptyPlace(parameters.get("log") ?? "");
  const oneOf = <T extends string>(name: string, allowed: readonly T[], usual: T): T =>
    allowed.find((one) => one === parameters.get(name)) ?? usual;
  const number = Number(parameters.get("pinned"));
  const sort = parameters.get("sort");
  const panel = oneOf("panel", ["explain", "block", "none"] as const, "none");
  const wanted = parsed(parameters.get("columns"));
  return {
    ...place,
    part: oneOf("part", ["discover", "sql"] as const, "discover"),
    view: {
      ...place.view,
      span: readSpan(parameters.get("span")),
      during: readSpan(parameters.get("during")),
      before: readSpan(parameters.get("before")),
      filters: parameters.getAll("filter").map(parsed).filter(isFilter),
      search: parameters.get("search") ?? "",
      measure: parameters.get("measure") ?? "",
    },
    by: parameters.get("by"),
    columns: Array.isArray(wanted) && wanted.every((one) => typeof one === "string") ? wanted : null,
    pinned: Number.isInteger(number) && number > 0 ? number : 0,
    sort: sort ? { field: sort.replace(/^-/, ""), descending: sort.startsWith("-") } : null,
    chart: oneOf("chart", ["rows", "top", "map", "flow", "hours"] as const, "rows"),
    row: parameters.get("row"),
    panel: panel === "none" ? null : panel,
    zone: zoneOf(parameters.get("zone")),
  };
}

/** A span as the address has it: `2024-10-05T02:00:00.000Z/2024-10-05T03:00:00.000Z`. */
export function spanText(span: Span | null): string | null {
  return span && `${new Date(span[0]).toISOString()}/${new Date(span[1]).toISOString()}`;
}

function readSpan(text: string | null): Span | null {
  const [from, to] = (text ?? "").split("/").map((one) => Date.parse(one));
  return from !== undefined && to !== undefined && from < to ? [from, to] : null;
}

function zoneOf(name: string | null): string {
  if (name === null) return "UTC";
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function isFilter(one: unknown): one is Filter {
  if (typeof one !== "object" || one === null) return false;
  const { field, op, values } = one as Record<string, unknown>;
  const isValue = (value: unknown) => value === null || typeof value === "string";
  return typeof field === "string" && OPS.includes(op as string) && Array.isArray(values) && values.every(isValue);
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
