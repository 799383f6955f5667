// What is compared: the brushed time with the time before, and other times to compare it with.

import type { Explanation, Span } from "../api";
import { span } from "../format";
import { compare } from "../panels";
import { look, view } from "../view";
import { isOfWindows } from "./asking";
import { anHour, counted, measured, spanOf } from "./figures";

const DAY_MS = 86_400_000;

/** The times that a brushed one is compared with by a click; `back` is how long before it lies, null for as long just before. */
const BEFORE: { name: string; back: (during: Span) => Span | null }[] = [
  { name: "just before", back: () => null },
  { name: "previous day", back: ([start, end]) => [start - DAY_MS, end - DAY_MS] },
  { name: "previous week", back: ([start, end]) => [start - 7 * DAY_MS, end - 7 * DAY_MS] },
];

/** The two times with their rows and rates, and the buttons that choose another time to compare with. */
export function Windows({ answer: told }: { answer: Explanation | null }) {
  const { during, before } = view.value;
  const answer = isOfWindows.value ? told : null;
  const compared = during !== null && compare.value !== null && isSame(compare.value.during, during) ? compare.value : null;
  const shownDuring = during ?? (answer?.during === undefined ? null : spanOf(answer.during));
  if (shownDuring === null) return null;
  const shownBefore = before !== null ? [before] : (answer?.before?.map(spanOf) ?? (compared === null ? [] : [compared.before]));
  const comparedBefore = compared !== null && shownBefore[0] !== undefined && isSame(compared.before, shownBefore[0]) ? compared : null;
  const rate = (value: number | undefined) => (value === undefined ? undefined : `${measured(value, answer?.measure?.unit ?? "")}${anHour(answer?.measure)}`);
  return (
    <div class="windows">
      <dl>
        <div class="window during">
          <dt>{during === null ? "Largest change" : "Selection"}</dt>
          <dd>
            {span(shownDuring)}
            <span class="window-figures">{figures(answer?.read?.during ?? compared?.during_rows, rate(answer?.total?.during_per_hour))}</span>
          </dd>
        </div>
        <div class="window before">
          <dt>Baseline</dt>
          <dd>
            {shownBefore.map(span).join(" and ") || "as long just before"}
            <span class="window-figures">{figures(answer?.read?.before ?? comparedBefore?.before_rows, rate(answer?.total?.before_per_hour))}</span>
          </dd>
        </div>
      </dl>
      {during !== null && (
        <div class="windows-choice" role="group" aria-label="Compare with">
          <span class="quiet">against</span>
          {BEFORE.map(({ name, back }) => {
            const wanted = back(during);
            const isChosen = wanted === null ? before === null : before !== null && isSame(before, wanted);
            return (
              <button key={name} type="button" class="button small" aria-pressed={isChosen} onClick={() => look({ before: wanted })}>{name}</button>
            );
          })}
          <span class="quiet windows-hint">or drag once more in the timeline</span>
        </div>
      )}
    </div>
  );
}

function isSame(one: Span, other: Span): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

function figures(rows: number | undefined, rate: string | undefined): string {
  return [rows === undefined ? undefined : counted(rows, "row"), rate].filter((part) => part !== undefined).join(" · ");
}
