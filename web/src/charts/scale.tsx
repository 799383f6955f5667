// Amounts as shades: light for few, strong for many, on a scale of logarithms so that one giant does not hide the rest.

import { amount } from "../format";

/** How many shades there are. */
const SHADES = 6;

/** A scale of shades from an amount to another. */
export interface Scale {
  /** Where each shade begins, the lightest first. */
  from: number[];
  most: number;
}

/** The scale of some amounts; those of zero have no shade. */
export function scaleOf(amounts: number[]): Scale {
  const some = amounts.filter((one) => one > 0);
  const most = Math.max(...some, 0);
  const least = Math.min(...some, most);
  const steps = Math.min(SHADES, Math.max(1, Math.ceil(Math.log10(most / (least || 1)) * 2) + 1));
  const from = Array.from({ length: steps }, (_, at) => least * (most / (least || 1)) ** (at / steps));
  return { from, most };
}

/** Which shade an amount has, from 0; -1 for none. */
export function shadeOf(scale: Scale, value: number): number {
  return value <= 0 ? -1 : Math.max(0, scale.from.findLastIndex((from) => value >= from * (1 - 1e-9)));
}

/** The colour of a shade. */
export function shade(scale: Scale, at: number): string {
  if (at < 0) return "var(--shade-none)";
  const share = scale.from.length < 2 ? 1 : at / (scale.from.length - 1);
  return `color-mix(in oklab, var(--accent) ${Math.round(18 + share * 82)}%, var(--surface))`;
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
          {at === 0 ? amount(from, unit) : `≥ ${amount(from, unit)}`}
        </li>
      ))}
    </ul>
  );
}
