// What a chart of a result shows: which columns are its axes and series, and the points that come of them.

import type { Value } from "../api";
import { isNumeric } from "./table";

/** The kinds of charts. */
export type Shape = "bar" | "stacked" | "line" | "scatter";

/** What a chart draws: columns by their position. */
export interface Choice {
  shape: Shape;
  x: number;
  y: number[];
  /** The column whose values are the series; null if each of `y` is one. */
  series: number | null;
}

/** A column of a result. */
export interface Column {
  name: string;
  type: string;
}

/** How many values have bars, the largest ones; of times and numbers, which stand in their order, the first ones. */
const BARS_MAX = 60;
const BARS_ORDERED_MAX = 500;

/** How many series a chart has, the largest ones. */
const SERIES_MAX = 6;

/** What stands along x, with the values of each series there; null where there is none. */
export interface Points {
  /** The labels along x, in their order. */
  labels: Value[];
  /** Milliseconds or numbers along x; null if x has no measure. */
  numbers: number[] | null;
  series: { name: string; values: (number | null)[] }[];
  /** How many places along x, or series, are not shown. */
  left: { places: number; series: number };
}

/** Whether a type is a moment. */
export function isTime(type: string): boolean {
  return /^(?:timestamp|date)\b/i.test(type);
}

/** A sensible first choice; null if nothing can be drawn, which takes a number. */
export function guess(columns: Column[]): Choice | null {
  const numbers = columns.flatMap(({ type }, at) => (isNumeric(type) ? [at] : []));
  const times = columns.flatMap(({ type }, at) => (isTime(type) ? [at] : []));
  const texts = columns.flatMap(({ type }, at) => (isNumeric(type) || isTime(type) ? [] : [at]));
  const [first, second] = numbers;
  if (first === undefined) return null;
  const [time] = times;
  const [text] = texts;
  if (time !== undefined) return { shape: "line", x: time, y: [first], series: text ?? null };
  if (text !== undefined) return { shape: texts[1] === undefined ? "bar" : "stacked", x: text, y: [first], series: texts[1] ?? null };
  return second === undefined ? { shape: "bar", x: first, y: [first], series: null } : { shape: "scatter", x: first, y: [second], series: null };
}

/** The points of a choice. Rows with the same x and series are added up. */
export function points(columns: Column[], rows: Value[][], choice: Choice): Points {
  const type = columns[choice.x]?.type ?? "";
  const isMeasured = isTime(type) || isNumeric(type);
  const cells = new Map<string, Map<Value, number>>();
  const totals = new Map<Value, number>();
  for (const row of rows) {
    const label = row[choice.x] ?? null;
    for (const y of choice.y) {
      const value = Number(row[y] ?? NaN);
      if (!Number.isFinite(value)) continue;
      const series = choice.series === null ? columns[y]?.name ?? "" : row[choice.series] ?? "NULL";
      let own = cells.get(series);
      if (own === undefined) cells.set(series, own = new Map());
      own.set(label, (own.get(label) ?? 0) + value);
      totals.set(label, (totals.get(label) ?? 0) + Math.abs(value));
    }
  }
  const largest = [...cells].map(([name, own]) => ({ name, own, total: [...own.values()].reduce((sum, value) => sum + Math.abs(value), 0) }));
  if (choice.series !== null) largest.sort((one, other) => other.total - one.total);
  const kept = largest.slice(0, SERIES_MAX);
  const places = totals.size;
  let labels = [...totals.keys()].filter((label) => kept.some(({ own }) => own.has(label)));
  if (isMeasured) {
    labels = labels.filter((label) => !Number.isNaN(measured(label, type))).sort((one, other) => measured(one, type) - measured(other, type));
  } else {
    labels.sort((one, other) => (totals.get(other) ?? 0) - (totals.get(one) ?? 0));
  }
  if (!isMeasured || choice.shape === "bar" || choice.shape === "stacked") labels = labels.slice(0, isMeasured ? BARS_ORDERED_MAX : BARS_MAX);
  return {
    labels,
    numbers: isMeasured ? labels.map((label) => measured(label, type)) : null,
    series: kept.map(({ name, own }) => ({ name, values: labels.map((label) => own.get(label) ?? null) })),
    left: { places: places - labels.length, series: largest.length - kept.length },
  };
}

/** A moment as milliseconds in UTC, or a number. */
function measured(label: Value, type: string): number {
  if (label === null) return NaN;
  if (!isTime(type)) return Number(label);
  const text = label.trim().replace(" ", "T");
  const zoned = /(?:Z|[+-]\d\d:?\d\d|UTC)$/i.test(text.slice(10));
  return Date.parse(zoned ? text.replace(/T?UTC$/i, "Z").replace(/(\d)T?([+-]\d\d)/, "$1$2") : text.length === 10 ? text : `${text}Z`);
}
