// Amounts as shades: light for few, strong for many.

import { amount } from "../format";

/** How many shades there are. */
const SHADES = 5;

/** From how many times the least the most is so large that even steps would hide all but the giants. */
const STEEP = 40;

/** A scale of shades from an amount to another. */
export interface Scale {
  /** Where each shade begins, the lightest first. */
  from: number[];
  most: number;
}

/** The scale of some amounts: steps are even from zero, or of logarithms if one giant would hide the rest. Zero has no shade. */
export function scaleOf(amounts: number[]): Scale {
  const some = amounts.filter((one) => one > 0);
  const most = Math.max(...some, 0);
  const least = Math.min(...some, most);
  if (most === 0) return { from: [], most };
  const from = Array.from({ length: SHADES }, (_, at) => round(most < least * STEEP ? (most * at) / SHADES : least * (most / least) ** (at / SHADES)));
  return { from, most };
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
  if (at < 0) return "var(--shade-none)";
  const share = scale.from.length < 2 ? 1 : at / (scale.from.length - 1);
  return `color-mix(in oklab, var(--accent) ${Math.round(26 + share * 74)}%, var(--surface))`;
}

/** Whether text on a shade is written in the colour for strong grounds. */
export function isStrong(scale: Scale, at: number): boolean {
  return at >= 0 && (scale.from.length < 2 || at / (scale.from.length - 1) > 0.55);
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
