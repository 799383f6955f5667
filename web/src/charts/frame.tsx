// What all charts share: a title, how good the figures are, their statement, and the figures as a table.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import type { State } from "../api";
import { OfRows, StateSign } from "../discover/state_line";
import { plain } from "../format";
import { fields, isBusy, isFresh, isStale, stateOf } from "../panels";
import { AsMenu } from "../ui/as";
import { Icon } from "../ui/icon";

/** The figures of a chart as a table, for those who do not see it or want to read them. */
export interface Figures {
  heads: string[];
  rows: string[][];
}

/** A panel that a chart is of. */
interface Shown {
  state: State;
  sample_share?: number;
}

/** A chart with its head. */
export function Frame(properties: {
  title: string;
  panel: Shown | null;
  sql: string;
  /** What is chosen above the chart. */
  tools?: ComponentChildren;
  figures?: Figures;
  children: ComponentChildren;
}) {
  const { title, panel, sql, tools, figures, children } = properties;
  const [isTable, setTable] = useState(false);
  return (
    <section class={isStale(panel) ? "chart-view stale" : "chart-view"} aria-label={title} aria-busy={isBusy.value}>
      <header class="chart-head">
        <h2>{title}</h2>
        {tools}
        <span class="chart-state"><Told panel={panel} /></span>
        {figures && (
          <button type="button" class="button small" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
            <Icon name="table" /> Table
          </button>
        )}
        <AsMenu sql={sql} label={title} />
      </header>
      {figures && isTable ? <FigureTable title={title} figures={figures} /> : children}
    </section>
  );
}

/** Of how many rows a chart is, and how good that is. What is of another view is said to be so: the count would be of this one. */
function Told({ panel }: { panel: Shown | null }) {
  if (isStale(panel) || panel === null) return <>{isBusy.value ? "reading …" : panel === null ? "" : "of what was looked at before"}</>;
  return isFresh(fields.value) ? <OfRows count={fields.value?.rows ?? 0} panel={panel} /> : <StateSign state={stateOf(panel)} share={panel.sample_share} />;
}

function FigureTable({ title, figures }: { title: string; figures: Figures }) {
  return (
    <div class="chart-table" role="region" aria-label={`${title}, as a table`} tabIndex={0}>
      <table>
        <caption class="unseen">{title}</caption>
        <thead><tr>{figures.heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead>
        <tbody>
          {figures.rows.map((row, at) => <tr key={at}>{row.map((cell, x) => <td key={x}>{plain(cell)}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  );
}

/** What stands in the place of a chart that cannot be drawn, with the way out. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="chart-empty">{children}</div>;
}
