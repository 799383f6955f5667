// Figures of an explanation, as the command line writes them.

import type { Span } from "../api";
import { amount, length, number, percent } from "../format";

/** An amount with its unit: `36,000`, `1.08 GB`, `7.07 min`. */
export function measured(value: number, unit: string): string {
  if (unit === "ms") return length(value);
  if (unit === "s") return length(value * 1000);
  if (unit !== "") return amount(value, unit);
  return Math.abs(value) < 1 && value !== 0 ? String(Number(value.toPrecision(2))) : number(Math.round(value * 100) / 100);
}

/** How many times as much it is: `×3.0`, `new` if there was nothing before, `gone` if there is nothing left. */
export function factor(ratio: number | null, before: number, during: number): string {
  if (before === 0 && during === 0) return "as before";
  if (ratio === null || before === 0) return "new";
  if (during === 0) return "gone";
  if (ratio >= 100) return `×${number(Math.round(ratio))}`;
  return `×${ratio >= 10 ? Math.round(ratio) : Number(ratio.toPrecision(ratio < 0.1 ? 1 : 3))}`;
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

/** `1 client`, `2 clients`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
