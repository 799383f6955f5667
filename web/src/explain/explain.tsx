// Where a change in traffic comes from: what was brushed against what it is compared with.

import "../styles/explain.css";

import { useEffect, useRef } from "preact/hooks";

import type { Explanation, MeasureMoved } from "../api";
import { length, number, plain, span } from "../format";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { go, look, view } from "../view";
import { Trouble } from "../who/card";
import { answer, cancel, compareFields, explain, follow, isBusy, isStale, measure, notes, progress, trouble } from "./asking";
import { Code } from "./code";
import { Contributors } from "./contributors";
import { Dimensions } from "./dimensions";
import { factor, measured, spanOf } from "./figures";
import { usePanelFocus } from "./panel";
import { asMarkdown, asText } from "./text";
import { Windows } from "./windows";

/** The side panel with the explanation. It asks as soon as it is open. */
export function ExplainPanel() {
  const heading = useRef<HTMLHeadingElement>(null);
  usePanelFocus(heading);
  useEffect(() => {
    const ends = [follow(), compareFields()];
    return () => ends.forEach((end) => end());
  }, []);
  const told = answer.value;
  return (
    <section class="explain" aria-labelledby="explain-title">
      <header class="panel-head">
        <h2 id="explain-title" ref={heading} tabIndex={-1}>Explain</h2>
        {isBusy.value
          ? <button type="button" class="button small" onClick={cancel}><Icon name="stop" size={13} />Cancel</button>
          : <button type="button" class="button small" title="Ask again" onClick={() => void explain()}><Icon name="refresh" size={13} />Again</button>}
        {told !== null && <CopyMenu answer={told} />}
        <button type="button" class="button bare" aria-label="Close the explanation" title="Close" onClick={() => go({ panel: null })}><Icon name="close" /></button>
      </header>
      <div class="panel-body">
        {isBusy.value && <Working />}
        {trouble.value !== null && <Trouble failure={trouble.value} />}
        {isStale.value && (
          <p class="advice">
            {"This answers what was looked at before. "}
            <button type="button" class="button small" onClick={() => void explain()}>Explain what is shown now</button>
          </p>
        )}
        <div class={isBusy.value && told !== null ? "answer old" : "answer"} aria-busy={isBusy.value}>
          <div role="status">{told !== null && <Sentence answer={told} />}</div>
          <Windows answer={told} />
          {told !== null && <Spikes answer={told} />}
          {told !== null && <Advice answer={told} />}
          {told !== null && <Measures answer={told} />}
          {told !== null && <Contributors answer={told} />}
          {told !== null && <Unchanged answer={told} />}
          {told !== null && <Notes lines={[...(told.notes ?? []), ...notes.value]} />}
        </div>
        <Dimensions />
      </div>
    </section>
  );
}

function Working() {
  const told = progress.value;
  const share = told === null || told.bytes_wanted === 0 ? null : Math.min(1, told.bytes / told.bytes_wanted);
  const figures = told && `${number(told.objects)} of ${number(told.objects_wanted)} objects · ${number(told.rows)} rows · ${length(told.seconds * 1000)}`;
  return (
    <div class="working">
      <progress aria-label="Reading the logs" value={share ?? undefined} max={1} />
      <span class="quiet">{figures ?? "looking for what moved …"}</span>
    </div>
  );
}

/** The answer: its first sentence large, as it says what happened, the others below. What to do about a quiet timeline the page says itself. */
function Sentence({ answer }: { answer: Explanation }) {
  const end = answer.sentence.indexOf(". ");
  const [first, rest] = end < 0 ? [answer.sentence, ""] : [answer.sentence.slice(0, end + 1), answer.sentence.slice(end + 2)];
  return (
    <>
      <p class="verdict"><Code text={first} /></p>
      {rest !== "" && answer.during !== undefined && <p class="verdict-more"><Code text={rest} /></p>}
    </>
  );
}

/** Without a brushed time: the windows with spikes and dips that were found, each of which can be selected. */
function Spikes({ answer }: { answer: Explanation }) {
  if (view.value.during !== null || answer.during === undefined) return null;
  const explained = spanOf(answer.during);
  const windows = new Map<string, NonNullable<Explanation["spikes"]>>();
  for (const spike of answer.spikes ?? []) {
    const key = `${spike.window.start}/${spike.window.end}`;
    windows.set(key, [...(windows.get(key) ?? []), spike]);
  }
  return (
    <section class="spikes" aria-label="Spikes and dips">
      <p>
        <button type="button" class="button main" onClick={() => look({ during: explained, before: null })}>Select this window</button>
        <span class="quiet">Nothing is selected: this is the largest change of the timeline. Selected, it is compared field by field as well.</span>
      </p>
      {windows.size > 1 && (
        <ul>
          {[...windows].map(([key, spikes]) => <SpikeWindow key={key} spikes={spikes} />)}
        </ul>
      )}
    </section>
  );
}

function SpikeWindow({ spikes }: { spikes: NonNullable<Explanation["spikes"]> }) {
  const [first] = spikes;
  if (first === undefined) return null;
  const window = spanOf(first.window);
  const said = spikes.map(({ title, unit, amount, expected, is_dip }) =>
    `${plain(title)} ${is_dip ? "only " : ""}${measured(amount, unit)} where ${measured(Math.round(expected), unit)} were to be expected`);
  return (
    <li>
      <button type="button" class="link" onClick={() => look({ during: window, before: null })}>{span(window)}</button>
      {`: ${said.join("; ")}`}
    </li>
  );
}

/** What to do where there is nothing to explain. */
function Advice({ answer }: { answer: Explanation }) {
  if (answer.during === undefined) {
    return (
      <p class="advice">
        The timeline is quiet. Drag over a time in it that looks odd to you, and it is explained; or choose another measure above the timeline.
      </p>
    );
  }
  if (answer.read?.before === 0) {
    return (
      <p class="advice">
        The logs at hand hold nothing of the time that this is compared with, so that all of it looks new. Compare with another time, by the
        buttons above or by dragging with Shift.
      </p>
    );
  }
  if (answer.verdict === "everywhere") {
    return (
      <p class="advice">
        When all traffic changes alike, look at what all of it has in common: a deployment, a campaign, a failing target, or a log that is not
        complete.
      </p>
    );
  }
  return null;
}

/** The measures that moved; a click explains another one. */
function Measures({ answer }: { answer: Explanation }) {
  if (answer.measure === undefined) return null;
  const own = answer.measure;
  const others = (answer.measures ?? []).filter((one) => one.name !== own.name);
  const moved = others.filter((one) => one.moved);
  return (
    <section class="measures" aria-label="Measures">
      <span class="quiet">What moved</span>
      {inOrder([own, ...moved]).map((one) => (
        <button key={one.name} type="button" class="button small" aria-pressed={one.name === own.name} title={movedText(one)} onClick={() => choose(one)}>
          <span class="measure-title">{plain(one.title)}</span><strong>{factorOf(one)}</strong>
        </button>
      ))}
      {others.length > moved.length && (
        <MenuButton class="small" label="Explain another measure" entries={() => [
          "as before, by a fifth at most",
          ...others.filter((one) => !one.moved).map((one) => ({ label: plain(one.title), hint: factorOf(one), run: () => choose(one) })),
        ]}>other</MenuButton>
      )}
    </section>
  );
}

const places = new Map<string, number>();

/** Measures in the order in which they were first shown, so that a button stays where it was when it is pressed. */
function inOrder(measures: MeasureMoved[]): MeasureMoved[] {
  for (const { name } of measures) if (!places.has(name)) places.set(name, places.size);
  return measures.toSorted((one, other) => (places.get(one.name) ?? 0) - (places.get(other.name) ?? 0));
}

function factorOf(one: MeasureMoved): string {
  return factor(one.ratio, one.before ?? 0, one.during ?? 0);
}

function choose(one: MeasureMoved): void {
  measure.value = one.name;
}

function movedText(one: MeasureMoved): string {
  const value = (of: number | null) => (of === null ? "none" : measured(of, one.unit));
  return `${plain(one.title)}: ${value(one.before)} before, ${value(one.during)} during${one.estimated ? " (estimated from a sample)" : ""}. Click: explain it`;
}

function Unchanged({ answer }: { answer: Explanation }) {
  const unchanged = answer.unchanged ?? [];
  const { rest } = answer;
  const unit = answer.amount_unit ?? "";
  const hasRest = rest !== undefined && answer.contributors.length > 0;
  if (unchanged.length === 0 && !hasRest) return null;
  return (
    <section class="unchanged" aria-labelledby="unchanged-title">
      <h3 id="unchanged-title">What is as before</h3>
      <ul>
        {unchanged.map((one) => (
          <li key={`${one.column} ${one.value}`}>
            <span class="quiet">{plain(one.column)}</span> {plain(one.value)}
            <span class="quiet">{` ${measured(one.before_scaled, unit)} and ${measured(one.during, unit)}`}</span>
          </li>
        ))}
        {hasRest && (
          <li>
            {"All the rest "}
            <span class="quiet">{`${measured(rest.before_scaled, unit)} and ${measured(rest.during, unit)}, ${factor(rest.ratio, rest.before, rest.during)}`}</span>
          </li>
        )}
      </ul>
    </section>
  );
}

function Notes({ lines }: { lines: string[] }) {
  if (lines.length === 0) return null;
  return (
    <section class="answer-notes" aria-label="Notes">
      <ul>{lines.map((line) => <li key={line}><Code text={line} /></li>)}</ul>
    </section>
  );
}

function CopyMenu({ answer }: { answer: Explanation }) {
  return (
    <MenuButton class="small" icon="copy" label="Copy the answer" entries={() => [
      { label: "as text", run: () => void copy(asText(answer, location.href), "the answer as text") },
      { label: "as Markdown, for a ticket", run: () => void copy(asMarkdown(answer, location.href), "the answer as Markdown") },
      { label: "as JSON", run: () => void copy(JSON.stringify(answer, null, 2), "the answer as JSON") },
      null,
      { label: "the link to this view", icon: "link", run: () => void copy(location.href, "the link") },
    ]}>Copy</MenuButton>
  );
}
