// Figures of an explanation, as the command line writes them.

import type { MeasureMoved, Span } from "../api";
import { amount, length, number, percent } from "../format";

/** An amount with its unit: `36,000`, `1.08 GB`, `7 min 4 s`. */
export function measured(value: number, unit: string): string {
  if (unit === "ms") return duration(value / 1000);
  if (unit === "s") return duration(value);
  if (unit !== "") return amount(value, unit);
  return Math.abs(value) < 1 && value !== 0 ? String(Number(value.toPrecision(2))) : number(Math.round(value * 100) / 100);
}

/** A length of time as the sentences of an answer have it: `6 min 58 s`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return length(seconds * 1000);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${number(Math.round(whole / 86_400))} days`;
}

/** How many times as much it is: `×3.00`, `new` if there was nothing before, `gone` if there is nothing left. */
export function factor(ratio: number | null, before: number, during: number): string {
  if (before === 0 && during === 0) return "as before";
  if (ratio === null || before === 0) return "new";
  if (during === 0) return "gone";
  if (ratio >= 10) return `×${number(Math.round(ratio))}`;
  return `×${ratio.toFixed(ratio < 0.1 ? 3 : 2)}`;
}

/** A share in two or three characters, as a column of figures needs it: `0%`, `<0.1%`, `4.2%`, `67%`. */
export function share(value: number): string {
  if (value > 0 && value < 0.001) return "<0.1%";
  return value >= 0.1 ? `${Math.round(value * 100)}%` : percent(Number(value.toFixed(3)));
}

/** A window as the answer writes it, as a span. */
export function spanOf(window: { start: string; end: string }): Span {
  return [Date.parse(window.start), Date.parse(window.end)];
}

/** ` an hour` behind amounts of a measure that adds up over time, such as a count or a sum; nothing behind means and shares. */
export function anHour(measure: MeasureMoved | undefined): string {
  const adds = /^(count|count_if|sum)\s*\((?!\s*distinct\b)/i;
  return measure !== undefined && adds.test(measure.sql) ? " an hour" : "";
}

/** `1 client`, `2 clients`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
