// What the page's address says: a place, written as the parameters of a query and read from them.

import type { Filter, Sort, Span, View } from "./api";

const OPS = ["is", "contains", "starts", "between", "within", "exists", "sql"];

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
function spanText(span: Span | null): string | null {
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
