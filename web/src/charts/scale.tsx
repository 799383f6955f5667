// Amounts as shades: light for few, strong for many.

import { amount } from "../format";

/** How many shades there are. */
const SHADES = 7;

/** How much of the accent's colour the lightest shade has, in percent. */
const LIGHTEST = 16;

/** How uneven the steps may be at most: the power by which they grow. */
const POWER_MAX = 8;

/** A scale of shades from an amount to another. */
export interface Scale {
  /** Where each shade begins, the lightest first. */
  from: number[];
  most: number;
}

/**
 * The scale of some amounts, from zero. Steps are even, unless a few giants would leave the rest in the lightest shade: then they grow so
 * that half of the amounts lie in the lighter half of the shades. Zero has no shade.
 */
export function scaleOf(amounts: number[]): Scale {
  const some = amounts.filter((one) => one > 0).sort((one, other) => one - other);
  const most = some.at(-1) ?? 0;
  const middle = some[Math.floor(some.length / 2)] ?? 0;
  if (most === 0) return { from: [], most };
  const power = middle === most ? 1 : Math.min(POWER_MAX, Math.max(1, Math.log(middle / most) / Math.log(0.5)));
  const shades = some[0] === most ? 1 : SHADES;
  const steps = Array.from({ length: shades }, (_, at) => round(most * (at / shades) ** power));
  // Of whole amounts, no step lies between two of them.
  const isWhole = some.every(Number.isInteger);
  return { from: isWhole ? [...new Set(steps.map((step) => Math.max(1, Math.ceil(step))))] : steps, most };
}

/** Two digits say enough of where a shade begins. */
function round(value: number): number {
  return Number(value.toPrecision(2));
}

/** Which shade an amount has, from 0; -1 for none. */
export function shadeOf(scale: Scale, value: number): number {
  return value <= 0 ? -1 : Math.max(0, scale.from.findLastIndex((from) => value >= from * (1 - 1e-9)));
}

/** The colour of a shade. */
export function shade(scale: Scale, at: number): string {
  return at < 0 ? "var(--shade-none)" : `color-mix(in oklab, var(--accent) ${Math.round(accent(scale, at))}%, var(--surface))`;
}

/** The colour of text on a shade: of black and white the one that is read better, in both themes. */
export function ink(scale: Scale, at: number): string {
  const share = at < 0 ? 0 : accent(scale, at);
  return `light-dark(${share <= 87 ? "#000, " : "#fff, "}${share <= 61 ? "#fff)" : "#000)"}`;
}

function accent(scale: Scale, at: number): number {
  return LIGHTEST + (scale.from.length < 2 ? 1 : at / (scale.from.length - 1)) * (100 - LIGHTEST);
}

/** The shades with where they begin. */
export function ScaleLegend({ scale, unit }: { scale: Scale; unit: string }) {
  if (scale.most === 0) return null;
  return (
    <ul class="scale" aria-label="What the shades mean">
      {scale.from.map((from, at) => (
        <li key={at}>
          <span class="scale-shade" style={{ background: shade(scale, at) }} />
          {from === 0 ? "> 0" : `≥ ${amount(from, unit)}`}
        </li>
      ))}
    </ul>
  );
}
