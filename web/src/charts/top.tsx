// The largest values of several fields, side by side.

import { signal } from "@preact/signals";

import type { Field, FieldSummary, Kind, Log } from "../api";
import { tip } from "../explain/code";
import { amount, number, percent, plain, short } from "../format";
import { fields as panel } from "../panels";
import { AsMenu } from "../ui/as";
import { openPopover } from "../ui/popover";
import { log, measure } from "../view";
import { Empty, Frame } from "./frame";
import { ValueBar } from "./value_bar";

/** How many fields are shown until somebody chooses others. */
const FIELDS_USUAL = 9;

/** A field with more values than this says little by its largest ones, unless they make up so much of all rows. */
const DISTINCT_USUAL_MAX = 1000;
const TOP_SHARE_MIN = 0.1;

/** The kinds whose values repeat, in the order in which one looks for them. */
const KINDS: Kind[] = ["address", "domain", "HTTP status", "port", "path", "url", "category", "user agent", "query string"];

const KEY = "floodmark.top.";

/** The fields that somebody chose, by log; null for the usual ones. */
const chosen = new Map<string, string[] | null>();
const changes = signal(0);

function chosenOf(log: string): string[] | null {
  // Whoever reads it is drawn again when it changes.
  void changes.value;
  if (!chosen.has(log)) chosen.set(log, kept(log));
  return chosen.get(log) ?? null;
}

function kept(log: string): string[] | null {
  try {
    const names: unknown = JSON.parse(localStorage.getItem(KEY + log) ?? "null");
    return Array.isArray(names) ? names.filter((one) => typeof one === "string") : null;
  } catch {
    return null;
  }
}

function choose(log: string, names: string[] | null): void {
  chosen.set(log, names);
  changes.value += 1;
  try {
    if (names === null) localStorage.removeItem(KEY + log);
    else localStorage.setItem(KEY + log, JSON.stringify(names));
  } catch {
    // A browser that keeps nothing still has this window's.
  }
}

const NOTHING: FieldSummary = { name: "", nulls: 0, distinct: null, top: [], sql: "" };

/** Bars of the largest values: one list a field. */
export function TopChart() {
  const told = panel.value;
  const of = log.value;
  if (of === null) return null;
  const summaries = new Map((told?.fields ?? []).map((one) => [one.name, one]));
  const usual = usualFields(of, summaries, told?.rows ?? 0);
  const names = chosenOf(of.name) ?? usual;
  const shown = names.flatMap((name) => {
    const field = of.fields.find((one) => one.name === name);
    const summary = summaries.get(name);
    return field && summary ? [{ field, summary }] : [];
  });
  const tools = (
    <button type="button" class="button small" aria-haspopup="dialog"
      onClick={(event) => openPopover(event.currentTarget, "Fields with top values", () => <Fields all={of.fields} log={of.name} usual={usual} summaries={summaries} />)}>
      {`${shown.length} fields …`}
    </button>
  );
  return (
    <Frame title="Top values" panel={told} sql={told?.sql ?? ""} tools={tools}>
      {told !== null && shown.length === 0 && <Empty><p>No field is chosen; “fields …” above lists them.</p></Empty>}
      <div class="tops-grid">
        {shown.map(({ field, summary }) => <Top key={field.name} field={field} summary={summary} rows={told?.rows ?? 0} />)}
      </div>
    </Frame>
  );
}

/** The fields whose values come again and again. Of those whose values are nearly all different, only who asks is of interest. */
function usualFields({ fields: all, client }: Log, summaries: Map<string, FieldSummary>, rows: number): string[] {
  const rank = (field: Field) => KINDS.indexOf(field.kind) + (field.source === "fact" ? 0.5 : 0);
  const repeats = ({ name, top, distinct }: FieldSummary) => {
    const isFlat = top.reduce((sum, one) => sum + one.rows, 0) < rows * TOP_SHARE_MIN;
    const isUnique = ((distinct ?? 0) > DISTINCT_USUAL_MAX && isFlat) || (distinct ?? 0) > rows / 2;
    return top.length > 1 && (top[0]?.rows ?? 0) > 1 && (!isUnique || name === client);
  };
  return all
    .filter((field) => KINDS.includes(field.kind) && repeats(summaries.get(field.name) ?? NOTHING))
    .sort((one, other) => rank(one) - rank(other))
    .slice(0, FIELDS_USUAL)
    .map((field) => field.name);
}

function Top({ field, summary, rows }: { field: Field; summary: FieldSummary; rows: number }) {
  const unit = measure.value?.unit ?? "";
  const most = summary.top[0]?.amount ?? 0;
  const isCount = summary.top.every((one) => one.amount === one.rows);
  const values = summary.distinct === null ? "" : `${summary.is_at_least ? "at least " : ""}${short(summary.distinct)} values`;
  return (
    <section class="top-card" aria-label={`Top values of ${field.name}`}>
      <header>
        <h3 title={tip(field.about)}>{plain(field.name)}</h3>
        <span class="chart-quiet">{values}</span>
        <AsMenu sql={summary.sql} label={`Top values of ${field.name}`} />
      </header>
      <ol class="value-bars">
        {summary.top.map((one, at) => {
          const share = rows === 0 ? 0 : one.rows / rows;
          return (
            <ValueBar key={at} name={field.name} value={one.value} share={most === 0 ? 0 : one.amount / most}
              figure={amount(one.amount, unit)} {...(isCount ? { percent: percent(share) } : {})}
              tip={`${plain((one.value ?? "NULL").slice(0, 500))}\n${amount(one.amount, unit)} in ${number(one.rows)} rows, ${percent(share)} of all rows`} />
          );
        })}
      </ol>
      {summary.top.length === 0 && <p class="chart-quiet">no values</p>}
    </section>
  );
}

function Fields({ all, log, usual, summaries }: { all: Field[]; log: string; usual: string[]; summaries: Map<string, FieldSummary> }) {
  const names = chosenOf(log) ?? usual;
  const toggle = (name: string, isOn: boolean) => choose(log, isOn ? [...names, name] : names.filter((one) => one !== name));
  return (
    <fieldset class="top-fields">
      <legend>Fields with their top values</legend>
      <div class="top-fields-list">
        {all.filter((field) => summaries.has(field.name)).map((field) => (
          <label key={field.name} title={tip(field.about)}>
            <input type="checkbox" checked={names.includes(field.name)} onChange={(event) => toggle(field.name, event.currentTarget.checked)} />
            {plain(field.name)}
          </label>
        ))}
      </div>
      <button type="button" class="button small" onClick={() => choose(log, null)}>The usual ones</button>
    </fieldset>
  );
}
