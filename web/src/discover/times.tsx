// Times as they are written by hand, in the zone of the page.

import { useState } from "preact/hooks";

import type { Ms, Span } from "../api";
import { length, moment } from "../format";
import type { MenuItem } from "../ui/menu";
import { look, place, view } from "../view";

const DAY_MS = 86_400_000;

/** What the selection is usually compared with. */
export function beforeChoices(): MenuItem[] {
  const { during, before } = view.value;
  if (during === null) return [];
  const back = (ms: number): Span => [during[0] - ms, during[1] - ms];
  const choices: [string, Span | null][] = [
    ["As long just before", null],
    ["The same time on the previous day", back(DAY_MS)],
    ["The same time in the previous week", back(7 * DAY_MS)],
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

/** Goes back or forth to what a whole timeline spans. */
export function SpanForm({ title, value, set, close }: { title: string; value: Span; set: (value: Span) => void; close: () => void }) {
  const [from, setFrom] = useState(moment(value[0], true));
  const [to, setTo] = useState(moment(value[1], true));
  const [start, end] = [readMoment(from), readMoment(to)];
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

/** A moment as it is written in the zone of the page, such as `2024-10-05 02:00`; with `Z` at its end it is UTC. */
export function readMoment(text: string): Ms | null {
  const match = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d?)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,3})\d*)?)?)?)?\s*(Z?)\s*$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((one) => Number(one ?? 0)) as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second, Number((match[7] ?? "").padEnd(3, "0")));
  if (Number.isNaN(wall) || month > 12 || day > 31 || hour > 24 || minute > 59 || second > 59) return null;
  if (match[8] === "Z") return wall;
  // How far the zone is from UTC depends on the moment that is sought: the second step is right also beside a change of clocks.
  let at = wall;
  for (let step = 0; step < 2; step += 1) at = wall - (Date.parse(`${moment(at).replace(" ", "T")}Z`) - at);
  return at;
}
