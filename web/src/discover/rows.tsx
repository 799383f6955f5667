// Rows, or a chart in their place.

import type { Chart } from "../address";
import { ChartView } from "../charts/charts";
import { number } from "../format";
import { useKeys } from "../keys";
import { loaded, rows } from "../panels";
import { AsMenu } from "../ui/as";
import { Icon, type IconName } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { columns, EVENT_TIME, go, log, place, setColumns, toggleColumn } from "../view";
import { compareRows } from "./compare_rows";
import { copyRows, FORMS } from "./copy_rows";
import { Grid } from "./grid";
import { lay, layout } from "./layout";
import { selectAll, selected } from "./selection";
import { OfRows } from "./state_line";

const CHARTS: [Chart, string, IconName][] = [
  ["rows", "Rows", "table"], ["top", "Top values", "bars"], ["map", "Map", "map"], ["flow", "Flow", "flow"], ["hours", "Hours", "hours"],
];

/** The rows or a chart, with the tabs between them. */
export function RowsArea() {
  const { chart } = place.value;
  const show = (to: Chart) => go({ chart: to });
  useKeys({ x: () => show(CHARTS[(CHARTS.findIndex(([one]) => one === chart) + 1) % CHARTS.length]?.[0] ?? "rows") });
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = CHARTS[(CHARTS.findIndex(([one]) => one === chart) + step + CHARTS.length) % CHARTS.length]?.[0];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    show(next);
    requestAnimationFrame(() => document.getElementById(`chart-${next}`)?.focus());
  };
  return (
    <section class="rows-area" aria-label={chart === "rows" ? "Rows" : "Chart"}>
      <div class="area-head">
        <div class="chart-tabs" role="tablist" aria-label="Rows and charts" onKeyDown={onKeyDown}>
          {CHARTS.map(([one, title, icon]) => (
            <button key={one} id={`chart-${one}`} type="button" role="tab" aria-selected={chart === one} tabIndex={chart === one ? 0 : -1}
              aria-controls="chart" aria-label={title} title={title} onClick={() => show(one)}>
              <Icon name={icon} size={14} /> <span>{title}</span>
            </button>
          ))}
        </div>
        <span class="spacer" />
        {chart === "rows" && <RowsHead />}
      </div>
      <div id="chart" class="chart-place" role="tabpanel" aria-labelledby={`chart-${chart}`}>
        {chart === "rows" ? <Grid /> : <ChartView chart={chart} />}
      </div>
    </section>
  );
}

function RowsHead() {
  const told = rows.value;
  const count = selected.value.size;
  return (
    <>
      {count > 0 ? (
        <>
          <span class="quiet">{number(count)} selected</span>
          <MenuButton label="Copy the selected rows" class="small" icon="copy"
            entries={() => FORMS.map(([form, label]) => ({ label, run: () => copyRows(selected.value, form) }))}>Copy</MenuButton>
          {count === 2 && <button type="button" class="button small" onClick={() => compareRows(loaded.value.filter((row) => selected.value.has(row.row)))}>Compare</button>}
          <button type="button" class="button small bare" aria-label="Select none"
            onClick={() => selectAll(false)}><Icon name="close" size={14} /></button>
        </>
      ) : (
        told !== null && <span class="quiet rows-of"><span class="rows-at-hand">{number(loaded.value.length)} at hand, </span><OfRows count={told.total} panel={told} /></span>
      )}
      <MenuButton label="Columns" icon="columns" class="small bare" entries={columnEntries} />
      {told !== null && <AsMenu sql={told.sql} label="rows" />}
    </>
  );
}

function columnEntries() {
  const shown = columns.value;
  const others = (log.value?.fields ?? []).filter((one) => one.name !== EVENT_TIME && !shown.includes(one.name) && (rows.value?.columns.includes(one.name) ?? false));
  return [
    { label: layout.value.isDense ? "Roomy lines" : "Dense lines", run: () => lay({ isDense: !layout.value.isDense }) },
    { label: "The log's usual columns", run: () => go({ columns: null, pinned: 0 }, { replaces: true }) },
    { label: "All columns", run: () => setColumns([...shown, ...others.map((one) => one.name)]) },
    ...(others.length > 0 ? [null, "Add a column"] : []),
    ...others.map((one) => ({ label: one.name, icon: "plus" as const, run: () => toggleColumn(one.name) })),
  ];
}
