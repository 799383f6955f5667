// The timeline: amounts by time, stacked by a field, and brushed.

import type { Timeline as Told } from "../api";
import { amount, length, number, plain, span } from "../format";
import { targets } from "../block/list";
import { isBusy, isStale, stateOf, timeline } from "../panels";
import { AsMenu } from "../ui/as";
import { Icon } from "../ui/icon";
import { MenuButton, type MenuEntry } from "../ui/menu";
import { openDialog } from "../ui/popover";
import { back, filterBy, go, log, look, measure, place, view } from "../view";
import { brush, chooseBrush, clearBrushed, zoom, zoomOut, zoomToBoth } from "./brush";
import { binAmount, binCount, seriesColour } from "./chart";
import { Bars } from "./bars";
import { byKind } from "./kinds";
import { layout } from "./layout";
import { StateSign } from "./state_line";

/** The timeline with its head and its legend. */
export function Timeline() {
  const told = timeline.value;
  return (
    <section class={isStale(told) ? "timeline stale" : "timeline"} aria-label="Timeline">
      <TimelineHead told={told} />
      {told === null || binCount(told) === 0 ? <NoBars told={told} /> : <Bars told={told} />}
      {told !== null && told.by !== null && <Legend told={told} by={told.by} />}
    </section>
  );
}

/** What stands in the place of the bars where there are none. */
function NoBars({ told }: { told: Told | null }) {
  const none = measure.value?.unit === "" ? "no such records in this time" : "no amount in this time";
  const text = told !== null ? none : isBusy.value ? "reading the logs …" : "";
  return <div class="timeline-empty quiet" style={{ height: `${layout.value.timelineHeight}px` }}>{text}</div>;
}

/** Opens a side panel, or closes it. */
export function togglePanel(panel: "explain" | "block"): void {
  go({ panel: place.value.panel === panel ? null : panel });
}

function TimelineHead({ told }: { told: Told | null }) {
  const { during, span: whole } = view.value;
  const unit = measure.value?.unit ?? "";
  const count = targets.value.length;
  return (
    <div class="area-head">
      <MenuButton label="What is added up" class="bare strong" entries={() => (log.value?.measures ?? []).map((one) => ({
        label: one.title, isChosen: one.name === measure.value?.name, run: () => look({ measure: one.name }),
      }))}>
        {measure.value?.title ?? "Rows"}
      </MenuButton>
      <MenuButton label="Break down by" class="bare" entries={breakdowns}>
        {place.value.by === null ? "not broken down" : <>by <b>{plain(place.value.by)}</b></>}
      </MenuButton>
      {told !== null && (
        <span class="figure" title={`${number(told.total)} in the whole timeline`}>
          {amount(told.total, unit)} <span class="quiet">in bins of {length(told.width)}</span> <StateSign state={stateOf(told)} share={told.sample_share} />
        </span>
      )}
      <span class="spacer" />
      <span class="quiet hint">{during === null ? "drag over the bars to select a time" : brush.value === "before" ? "drag once more for another baseline" : ""}</span>
      <span class="brushes" role="group" aria-label="What a drag marks">
        <button type="button" class="button small brush during" aria-pressed={brush.value === "during"} title="The next drag marks the selection"
          onClick={() => chooseBrush("during")}>Selection</button>
        <button type="button" class="button small brush before" aria-pressed={brush.value === "before"} disabled={during === null}
          title="The next drag marks what the selection is compared with (as does a drag with Shift)" onClick={() => chooseBrush("before")}>Baseline</button>
      </span>
      <span class="joined">
        <button type="button" class="button small" disabled={during === null} title="Zoom to the selection (z)" aria-label="Zoom to the selection"
          onClick={zoom}><Icon name="zoom" size={14} /></button>
        <MenuButton label="Times" class="small" entries={() => [
          { label: "Zoom to selection and baseline", icon: "zoom", isDisabled: during === null, run: zoomToBoth },
          { label: "Zoom out", isDisabled: told === null, run: () => told !== null && zoomOut(told) },
          { label: "Whole span of the log", isDisabled: whole === null, run: () => look({ span: null }) },
          { label: "Clear selection and baseline", icon: "close", hint: "Esc", isDisabled: during === null, run: clearBrushed },
          { label: "Back", icon: "left", hint: "Backspace", run: back },
        ]} />
      </span>
      <button type="button" class="button small main" aria-pressed={place.value.panel === "explain"}
        title={during === null ? "Explain the largest spike (e)" : "Explain the selection against its baseline (e)"}
        onClick={() => togglePanel("explain")}>
        <Icon name="explain" size={14} /> Explain{during === null && <span class="explain-more">the largest spike</span>}
      </button>
      <button type="button" class="button small block-button" aria-pressed={place.value.panel === "block"} aria-label={`Block list (${count})`}
        title="What is collected to be blocked (b)"
        onClick={() => togglePanel("block")}>
        <Icon name="block" size={14} /> <span>Block list</span>{count > 0 ? ` (${count})` : ""}
      </button>
      {told !== null && <button type="button" class="button small bare bins-button" title="The bins as a table" aria-label="The bins as a table" onClick={() => showBins(told)}><Icon name="table" size={14} /></button>}
      {told !== null && <AsMenu sql={told.sql} label="timeline" />}
    </div>
  );
}

function breakdowns(): MenuEntry[] {
  const fields = (log.value?.fields ?? []).filter((one) => !["time", "identifier", "nested"].includes(one.kind));
  const groups = byKind(fields);
  return [
    { label: "Not at all", isChosen: place.value.by === null, run: () => go({ by: null }) },
    ...groups.flatMap(([title, of]): MenuEntry[] => [
      title,
      ...of.map(({ name }) => ({ label: name, isChosen: place.value.by === name, run: () => go({ by: name }) })),
    ]),
  ];
}

/** The values that the bars are stacked by: a click keeps only rows with one, with Alt only those without. */
function Legend({ told, by }: { told: Told; by: string }) {
  const unit = measure.value?.unit ?? "";
  return (
    <div class="series-legend">
      {told.series.map((one, at) => {
        const sum = one.amounts.reduce((all, value) => all + value, 0);
        const name = one.is_others ? "all others" : one.value === null ? "NULL" : plain(one.value);
        const label = (
          <>
            <i class={`series-swatch s${seriesColour(told, at).slice(9)}`} />
            <span class="series-name">{name}</span>
            <span class="quiet">{amount(sum, unit)}</span>
          </>
        );
        if (one.is_others) return <span key="others" class="series-one">{label}</span>;
        return (
          <button key={at} type="button" class="series-one" title={`Only rows with ${name}; with Alt only those without`}
            onClick={(event) => filterBy(by, one.value, event.altKey)}>{label}</button>
        );
      })}
    </div>
  );
}

function showBins(told: Told): void {
  const unit = measure.value?.unit ?? "";
  openDialog(`${measure.value?.title ?? "Rows"} by time, ${place.value.zone}`, () => (
    <div class="bins" tabIndex={0} role="region" aria-label="Bins">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col" class="right">All</th>
            {told.by !== null && told.series.map((one, at) => (
              <th key={at} scope="col" class="right">{one.is_others ? "others" : one.value === null ? "NULL" : plain(one.value)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: binCount(told) }, (_, bin) => (
            <tr key={bin}>
              <th scope="row">{span([told.start + bin * told.width, told.start + (bin + 1) * told.width])}</th>
              <td class="right">{amount(binAmount(told, bin), unit)}</td>
              {told.by !== null && told.series.map((one, at) => <td key={at} class="right">{amount(one.amounts[bin] ?? 0, unit)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  ));
}
