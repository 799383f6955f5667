// What carries a change, the largest part first: its conditions, amounts, clients, proof, and what can be done with it.

import { useState } from "preact/hooks";

import type { Contributor, Explanation } from "../api";
import { targetsOf } from "../block/target";
import { number, plain } from "../format";
import { AsMenu } from "../ui/as";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { type MenuEntry, MenuButton } from "../ui/menu";
import { field, go } from "../view";
import { AddressChip, KnownOf, block } from "../who/chip";
import { Code } from "./code";
import { anHour, factor, measured, share } from "./figures";
import { keepOnly, leaveOut } from "./filters";
import { clientsLine, details, subject } from "./text";

type ConditionText = Contributor["conditions"][number];

/** How many values of a condition are shown at first. */
const VALUES = 6;

/** The contributors in their order. */
export function Contributors({ answer }: { answer: Explanation }) {
  if (answer.contributors.length === 0) return null;
  return (
    <section class="contributors" aria-labelledby="contributors-title">
      <h3 id="contributors-title">Where it comes from</h3>
      <ol>
        {answer.contributors.map((one, at) => <Item key={one.sql} contributor={one} at={at} answer={answer} />)}
      </ol>
    </section>
  );
}

function Item({ contributor, at, answer }: { contributor: Contributor; at: number; answer: Explanation }) {
  const unit = answer.amount_unit ?? "";
  const { share: part, direction, before_per_hour, during_per_hour, before, during, ratio } = contributor;
  const change = (answer.total?.difference ?? 0) >= 0 ? "rise" : "fall";
  const others = answer.total === undefined || answer.verdict === "mix" ? null : part;
  return (
    <li class={`contributor ${direction}`} aria-label={`${at + 1}. ${subject(contributor)}`}>
      <div class="contributor-head">
        <span class="contributor-rank" aria-hidden="true">{at + 1}</span>
        <div class="contributor-conditions">
          {contributor.conditions.map((condition) => (
            <Condition key={condition.column} condition={condition} names={answer.names ?? {}} isListed={isListed(contributor, condition)}
              onPick={(isOut) => (isOut ? leaveOut(contributor) : keepOnly(contributor))} />
          ))}
        </div>
        <MenuButton class="bare" icon="more" isBare label={`What can be done with contributor ${at + 1}`} entries={() => entries(contributor)} />
      </div>
      {others !== null && (
        <div class="contributor-share">
          <span class="contributor-track" aria-hidden="true"><span class="contributor-fill" style={{ width: `${Math.min(1, Math.abs(others)) * 100}%` }} /></span>
          <span>{others >= 0 ? `${share(others)} of the ${change}` : `against the ${change}, by ${share(-others)}`}</span>
        </div>
      )}
      <p class="contributor-rate">
        <span class="before-text" title="before">{measured(before_per_hour, unit)}</span>
        <span aria-hidden="true">→</span><span class="unseen">before, and</span>
        <span class="during-text" title="during">{measured(during_per_hour, unit)}</span>
        {anHour(answer.measure) !== "" && <span class="quiet">an hour</span>}
        <Factor ratio={ratio} before={before} during={during} />
      </p>
      <ul class="contributor-details">
        {details({ ...contributor, clients: null }).map((line) => <li key={line}><Code text={line} /></li>)}
        {(contributor.expected_metric_test ?? 0) > 0 && (
          <li>{`${measured(contributor.expected_metric_test ?? 0, unit)} would have been there, had it changed as all others did`}</li>
        )}
      </ul>
      <Clients contributor={contributor} unit={unit} />
      <div class="contributor-actions">
        <button type="button" class="button small" onClick={() => keepOnly(contributor)}><Icon name="plus" size={13} />Only this</button>
        <button type="button" class="button small" onClick={() => leaveOut(contributor)}><Icon name="minus" size={13} />Without it</button>
        {targetsOf(contributor).length > 0 && (
          <MenuButton class="small" icon="block" label={`Block what contributor ${at + 1} is`} entries={() => blockEntries(contributor)}>Block</MenuButton>
        )}
        <AsMenu sql={contributor.sql} label={`The proof of contributor ${at + 1}`} />
      </div>
    </li>
  );
}

/** Whether the clients of a contributor, listed below with their names, are what it is. */
function isListed({ clients }: Contributor, { values }: ConditionText): boolean {
  const listed = new Set(clients?.busiest.map((one) => one.client));
  return values.every((value) => listed.has(value));
}

function Condition(properties: { condition: ConditionText; names: Record<string, string>; isListed: boolean; onPick: (isOut: boolean) => void }) {
  const { condition: { column, kind, values }, names, isListed, onPick } = properties;
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? values : values.slice(0, VALUES);
  return (
    <div class="condition">
      <span class="condition-column">{plain(column)}</span>
      {shown.map((value) => (
        <button key={value} type="button" class="condition-value" title={`${plain(value)}\nClick: only rows of this contributor; with Alt: all but these`}
          onClick={(event) => onPick(event.altKey)}>
          <span class="condition-text">{plain(value)}</span>
          {!isListed && <Name value={value} kind={kind} name={names[value]} />}
        </button>
      ))}
      {values.length > shown.length && (
        <button type="button" class="button bare small" onClick={() => setWhole(true)}>{`${values.length - shown.length} more`}</button>
      )}
    </div>
  );
}

function Name({ value, kind, name }: { value: string; kind: string; name: string | undefined }) {
  if (kind !== "address") return null;
  if (!value.includes("/")) return <KnownOf address={value} />;
  return name === undefined ? null : <span class="chip-label">{plain(name)}</span>;
}

/** How an amount changed, in words where a factor says nothing. */
export function Factor({ ratio, before, during }: { ratio: number | null; before: number; during: number }) {
  const text = factor(ratio, before, during);
  return <strong class={`factor ${text === "new" || text === "gone" ? text : ""}`}>{text}</strong>;
}

function Clients({ contributor, unit }: { contributor: Contributor; unit: string }) {
  const { clients } = contributor;
  if (clients === null) return null;
  return (
    <details class="contributor-clients" open={clients.busiest.length <= 4}>
      <summary>{clientsLine(clients)}</summary>
      <table>
        <colgroup><col class="client-column" /><col /><col /></colgroup>
        <thead class="unseen"><tr><th>client</th><th>before</th><th>during</th></tr></thead>
        <tbody>
          {clients.busiest.map(({ client, before, during }) => (
            <tr key={client}>
              <th scope="row">{client === null ? <span class="null">NULL</span> : <AddressChip address={client} field={clients.column} />}</th>
              <td class="before-text">{measured(before, unit)}</td>
              <td class="during-text">{measured(during, unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {clients.during > clients.busiest.length && <p class="quiet">{`the busiest ${clients.busiest.length} of ${number(clients.during)}`}</p>}
    </details>
  );
}

function blockEntries(contributor: Contributor): MenuEntry[] {
  const found = targetsOf(contributor).map(({ name, targets }): MenuEntry => ({
    label: `Add ${name} to the block list`,
    run: () => block(...targets),
  }));
  return [...found, null, { label: "Open the block list", icon: "block", run: () => go({ panel: "block" }) }];
}

function entries(contributor: Contributor): MenuEntry[] {
  const columns = contributor.conditions.map(({ column }) => column).filter((column) => field(column) !== null);
  return [
    { label: "Only these rows", icon: "plus", run: () => keepOnly(contributor) },
    { label: "All rows but these", icon: "minus", run: () => leaveOut(contributor) },
    null,
    ...columns.map((column): MenuEntry => ({ label: `Break the timeline down by ${plain(column)}`, icon: "timeline", run: () => go({ by: column }) })),
    { label: "Copy the condition as SQL", icon: "copy", run: () => void copy(contributor.condition, "the condition") },
    { label: "Copy the statement that proves it", icon: "code", run: () => void copy(contributor.sql, "the statement") },
  ];
}
