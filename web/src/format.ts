// Figures and times as they are shown.

import { computed } from "@preact/signals";

import type { Ms, Span, Value } from "./api";
import { place } from "./view";

const PLAIN = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const UNITS = ["B", "KB", "MB", "GB", "TB", "PB"];

/** A number in full: `1,234,567`. */
export function number(value: number): string {
  return PLAIN.format(value);
}

/** A number in few characters: `1.2M`. */
export function short(value: number): string {
  return SHORT.format(value);
}

/** A share: `12.3%`; of less than a thousandth no more is said than that. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return "<0.1%";
  return PERCENT.format(Number.isFinite(share) ? share : 0);
}

/** An amount with its unit, in few characters: `1.2 GB`, `350 ms`. */
export function amount(value: number, unit: string): string {
  if (unit !== "bytes") return unit === "" ? short(value) : `${short(value)} ${unit}`;
  const step = value === 0 ? 0 : Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.abs(value)) / 3)));
  return `${PLAIN.format(Number((value / 1000 ** step).toPrecision(3)))} ${UNITS[step]}`;
}

/** A length of time: `250 ms`, `3.2 s`, `5 min`. */
export function length(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const steps: [number, string][] = [[86_400_000, "d"], [3_600_000, "h"], [60_000, "min"], [1000, "s"]];
  const [size, name] = steps.find(([size]) => ms >= size) ?? [1000, "s"];
  return `${Number((ms / size).toPrecision(3))} ${name}`;
}

/** How far from a moment a change of clocks may lie that makes its time on the wall stand twice, in milliseconds. */
const CHANGE_MS = 3 * 3_600_000;

const clock = computed(() => {
  const parts: Intl.DateTimeFormatOptions = {
    timeZone: place.value.zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
  };
  return new Intl.DateTimeFormat("sv", parts);
});

/** How far the zone of the page is from UTC at a moment, in milliseconds. */
export function offset(at: Ms): Ms {
  return Date.parse(`${clock.value.format(at).replace(" ", "T").replace(",", ".")}Z`) - at;
}

/** The offset of a moment whose time on the wall comes twice, as clocks are turned back: `+02`; else empty. */
function offsetSign(at: Ms): string {
  if (place.value.zone === "UTC") return "";
  const own = offset(at);
  const isTwice = [at - CHANGE_MS, at + CHANGE_MS].some((near) => {
    const other = offset(near);
    return other !== own && offset(at + own - other) === other;
  });
  return isTwice ? offsetText(own) : "";
}

/** An offset from UTC: `+02`, `-03:30`. */
export function offsetText(offset: Ms): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${minutes % 60 === 0 ? "" : `:${two(minutes % 60)}`}`;
}

/** A moment in the zone of the page: `2024-10-05 02:13:07.250`, without what is zero at its end down to minutes if it `isShort`. */
export function moment(at: Ms, isShort = false): string {
  const text = clock.value.format(at).replace(",", ".");
  const cut = isShort ? text.replace(/\.000$/, "").replace(/(\d\d:\d\d):00$/, "$1") : text;
  return `${cut}${offsetSign(at)}`;
}

/** A span in the zone of the page: `2024-10-05 02:00 – 03:00`. */
export function span([from, to]: Span): string {
  const [start, end] = [moment(from, true), moment(to, true)];
  return `${start} – ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

/** A value as text; NULL has a sign of its own where it is shown. */
export function text(value: Value): string {
  return value ?? "NULL";
}

// Characters that are not seen, or that turn the direction of what stands around them.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A hostile text for a line of the page: what cannot be seen, or turns text around, is written as its number. */
export function plain(value: string): string {
  return value.replace(UNSEEN, (one) => `\\u{${one.codePointAt(0)?.toString(16)}}`);
}
