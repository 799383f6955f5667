// How far the reading is, how good the figures are, and what became of every line.

import type { Account, End, Progress, State } from "../api";
import { amount, length, number, percent, plain, short } from "../format";
import { cancel, end, fields, isBusy, isCancelled, isStale, progress, refresh, rows, stateOf, timeline } from "../panels";
import { Icon } from "../ui/icon";
import { openDialog } from "../ui/popover";
import { start } from "../view";

const STATES: Record<State, string> = {
  partial: "Counted over the rows that were read so far",
  exact: "Counted over all rows",
  sampled: "Scaled up from a sample of the rows",
};

/** How good a figure is, in a word. */
export function StateSign({ state, share }: { state: State; share?: number | undefined }) {
  const text = state === "sampled" && share !== undefined ? `sampled ${percent(share)}` : state;
  return <span class={`state ${state}`} title={STATES[state]}>{text}</span>;
}

/** The line at the foot of the page. */
export function StateLine() {
  const busy = isBusy.value;
  const told = end.value;
  const shown = progress.value;
  const notes = told === null ? [] : notesOf(told);
  const share = shown === null || shown.bytes_wanted === 0 ? null : Math.min(1, shown.bytes / shown.bytes_wanted);
  return (
    <footer class="state-line" aria-label="State">
      {busy && <div class={share === null ? "reading-bar unknown" : "reading-bar"} role="progressbar" aria-label="Reading" aria-valuenow={share === null ? undefined : Math.round(share * 100)}><i style={{ width: `${(share ?? 0) * 100}%` }} /></div>}
      <span class="unseen" role="status">{!busy && told !== null && `${told.state}: ${number(told.rows)} rows`}{!busy && isCancelled.value && "cancelled"}</span>
      <span class="state-text">
        {busy && shown === null && "asking …"}
        {busy && shown !== null && readSoFar(shown)}
        {!busy && told === null && unanswered()}
        {!busy && told !== null && <Summary told={told} />}
        {!busy && told !== null && unanswered() !== "" && ` · ${unanswered()}`}
      </span>
      <span class="spacer" />
      {!busy && told !== null && notes.length > 0 && (
        <button type="button" class="button small bare"
          onClick={() => showAccount(told)}><Icon name="info" size={14} /> {number(notes.length)} {notes.length === 1 ? "note" : "notes"}</button>
      )}
      {!busy && told !== null && <Lines told={told} />}
      {busy
        ? <button type="button" class="button small" title="What came stays, marked as partial" onClick={cancel}><Icon name="stop" size={14} /> Cancel</button>
        : <button type="button" class="button small bare" title="Read the logs again" onClick={refresh}><Icon name="refresh" size={14} /> Refresh</button>}
    </footer>
  );
}

/** What is said where a question came to no end: of what the figures are that are shown. */
function unanswered(): string {
  const panels = [timeline.value, fields.value, rows.value];
  const isOld = panels.some((panel) => isStale(panel));
  const isNone = panels.every((panel) => panel === null);
  if (isCancelled.value && end.value === null) return isNone ? "cancelled before anything was read" : isOld ? "cancelled: what is dimmed answers what was asked before" : "cancelled: what was read so far is shown";
  return isOld ? "no answer: what is dimmed answers what was asked before" : "";
}

function readSoFar({ objects, objects_wanted, bytes, rows, seconds }: Progress): string {
  return `reading: ${number(objects)} of ${number(objects_wanted)} objects, ${amount(bytes, "bytes")}, ${short(rows)} rows, ${seconds.toFixed(1)} s`;
}

function Summary({ told }: { told: End }) {
  return (
    <>
      <StateSign state={told.state} share={rows.value?.sample_share} />{" "}
      <b>{number(told.rows)}</b> {told.rows === 1 ? "row" : "rows"}{told.rows !== told.span_rows && <> of {number(told.span_rows)} in the timeline</>}
      {" "}· {length(told.seconds * 1000)} {told.source === "kept" ? "from rows that are kept" : `for ${amount(told.account.bytes, "bytes")} of logs`}
    </>
  );
}

/** What became of every line; the rejected ones are told of on a click. */
function Lines({ told }: { told: End }) {
  const { account } = told;
  const isBad = account.rejected > 0 || account.troubles.length > 0;
  return (
    <button type="button" class={isBad ? "button small bare bad-text" : "button small bare"} onClick={() => showAccount(told)}
      title="lines = rows + headers + rejected">
      {isBad && <Icon name="warning" size={14} />}
      {number(account.lines)} lines = {number(account.rows)} rows + {number(account.headers)} headers + {number(account.rejected)} rejected
      {account.troubles.length > 0 && `, ${number(account.troubles.length)} objects unread`}
    </button>
  );
}

/** What is to know of the answer, and of the places of the logs. */
function notesOf(told: End): string[] {
  return [...told.notes, ...(start.value?.notes ?? [])];
}

function showAccount(told: End): void {
  const { account, seconds, source } = told;
  const notes = notesOf(told);
  openDialog("What was read", () => (
    <div class="account">
      <dl>
        {figures(account, seconds, source).map(([title, text]) => <div key={title}><dt>{title}</dt><dd>{text}</dd></div>)}
      </dl>
      {notes.length > 0 && <><h3>Notes</h3><ul>{notes.map((note, at) => <li key={at}>{plain(note)}</li>)}</ul></>}
      {account.rejections.length > 0 && (
        <>
          <h3>Rejected lines{account.rejections.length < account.rejected && `, the first ${number(account.rejections.length)} of ${number(account.rejected)}`}</h3>
          <ul class="rejections">
            {account.rejections.map((one, at) => <li key={at}><code>{plain(one.object)}</code>, line {number(one.line)}: {plain(one.reason)}</li>)}
          </ul>
        </>
      )}
      {account.troubles.length > 0 && <><h3>Objects that could not be read</h3><ul class="rejections">{account.troubles.map((one, at) => <li key={at}>{plain(one)}</li>)}</ul></>}
    </div>
  ));
}

function figures(account: Account, seconds: number, source: End["source"]): [string, string][] {
  return [
    ["Lines", `${number(account.lines)} = ${number(account.rows)} rows + ${number(account.headers)} headers + ${number(account.rejected)} rejected`],
    ["Objects", `${number(account.objects)} read, ${number(account.objects_pruned)} passed over by their names`],
    ["Bytes", amount(account.bytes, "bytes")],
    ["Answered", `in ${length(seconds * 1000)}, ${source === "kept" ? "from rows that are kept" : "out of the logs"}`],
    ["Athena would have asked", `$${account.athena_dollars.toFixed(5)}`],
  ];
}

/** How many rows a panel is of, and how good that is. */
export function OfRows({ count, panel }: { count: number; panel: { state: State; sample_share?: number } | null }) {
  return <span class="of-rows">of {short(count)} {count === 1 ? "row" : "rows"} <StateSign state={stateOf(panel)} share={panel?.sample_share} /></span>;
}
