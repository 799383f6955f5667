// Times as they are written by hand, in the zone of the page.

import { useState } from "preact/hooks";

import type { Ms, Span } from "../api";
import { length, moment, offset } from "../format";
import type { MenuItem } from "../ui/menu";
import { DISTANCES, look, place, view } from "../view";

/** What the selection is usually compared with. */
export function beforeChoices(): MenuItem[] {
  const { during, before } = view.value;
  if (during === null) return [];
  const back = (ms: number): Span => [during[0] - ms, during[1] - ms];
  const [day = 0, week = 0] = DISTANCES;
  const choices: [string, Span | null][] = [
    ["As long just before", null],
    ["The same time on the previous day", back(day)],
    ["The same time in the previous week", back(week)],
  ];
  return choices.map(([label, span]) => ({
    label,
    isChosen: JSON.stringify(span) === JSON.stringify(before),
    run: () => look({ before: span, ...(span === null ? {} : { span: around(span) }) }),
  }));
}

/** The span of the timeline, wide enough that a baseline lies in it. */
export function around(before: Span): Span | null {
  const { span } = view.value;
  return span && [Math.min(span[0], before[0]), Math.max(span[1], before[1])];
}

/** A form for a span. What is left as it was stays the same moment, however it is written. */
export function SpanForm({ title, value, set, close }: { title: string; value: Span; set: (value: Span) => void; close: () => void }) {
  const [from, setFrom] = useState(moment(value[0], true));
  const [to, setTo] = useState(moment(value[1], true));
  const read = (text: string, was: Ms) => (text === moment(was, true) ? was : readMoment(text));
  const [start, end] = [read(from, value[0]), read(to, value[1])];
  const isGood = start !== null && end !== null && start < end;
  const why = start === null || end === null ? "write times as 2024-10-05 02:00" : start >= end ? "it ends before it begins" : length(end - start);
  return (
    <form class="filter-form" onSubmit={(event) => {
      event.preventDefault();
      if (!isGood) return;
      close();
      set([start, end]);
    }}>
      <p class="form-title">{title}, {place.value.zone}</p>
      <div class="filter-row">
        <label>From (included)<input type="text" value={from} aria-invalid={start === null} onInput={(event) => setFrom(event.currentTarget.value)} /></label>
        <label>To (excluded)<input type="text" value={to} aria-invalid={end === null} onInput={(event) => setTo(event.currentTarget.value)} /></label>
      </div>
      <div class="form-end">
        <span class="quiet" role="status">{why}</span>
        <button type="button" class="button" onClick={close}>Cancel</button>
        <button type="submit" class="button main" disabled={!isGood}>Apply</button>
      </div>
    </form>
  );
}

/** A moment as it is written in the zone of the page, such as `2024-10-05 02:00`; at its end may stand `Z` for UTC, or an offset such as `+02`. */
export function readMoment(text: string): Ms | null {
  const match = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d?)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?\s*$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((one) => Number(one ?? 0)) as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? "").padEnd(3, "0")));
  const parts = new Date(wall);
  const isKept = parts.getUTCMonth() + 1 === month && parts.getUTCDate() === day && parts.getUTCHours() === hour && parts.getUTCMinutes() === minute && parts.getUTCSeconds() === second;
  if (!isKept) return null;
  if (match[8] !== undefined) return wall - readOffset(match[8]);
  // How far the zone is from UTC depends on the moment that is sought: the second step is right also beside a change of clocks.
  let at = wall;
  for (let step = 0; step < 2; step += 1) at = wall - offset(at);
  return at;
}

/** An offset as it is written, in milliseconds. */
function readOffset(text: string): Ms {
  if (text === "Z") return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(3).replace(":", "") || "0")];
  return (text.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
