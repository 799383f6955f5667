// The timeline's canvas, and what lies over it: selection, baseline, the bin under the pointer.

import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";

import type { Span, Timeline } from "../api";
import { amount, moment, plain, span } from "../format";
import { colours } from "../head/theme";
import { baseline, measure, place, view } from "../view";
import { type Brush, cursor, drag, draft, onTimelineKey, spanOf } from "./brush";
import { binAmount, binCount, draw, extent, seriesColour, stacked } from "./chart";
import { layout } from "./layout";

/** The share of the timeline from which on what is marked has room for its name. */
const NAMED_MIN = 0.06;

/** Where the bars lie in their element, in CSS pixels. */
interface Plot {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The bars, and all that one does with them by pointer and by keys. */
export function Bars({ told }: { told: Timeline }) {
  const canvas = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [plot, setPlot] = useState<Plot | null>(null);
  const unit = measure.value?.unit ?? "";
  const series = told.series.map((one) => [one.value, one.is_others]);
  const shape = JSON.stringify([series, told.start, told.width, binCount(told), unit, place.value.zone, colours.value]);
  const drawn = ({ over }: uPlot) => {
    const { offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height } = over;
    setPlot((was) => (was?.left === left && was.top === top && was.width === width && was.height === height ? was : { left, top, width, height }));
  };
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const { clientWidth: width, clientHeight: height } = element;
    chart.current = draw(element, { timeline: told, unit }, { width, height }, drawn);
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth === 0) return;
      chart.current?.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [shape]);
  useEffect(() => {
    chart.current?.setData(stacked(told));
  }, [told]);
  const count = binCount(told);
  const binAt = (event: PointerEvent) => {
    const over = canvas.current?.getBoundingClientRect();
    if (over === undefined || plot === null) return 0;
    return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - over.left - plot.left) / plot.width) * count)));
  };
  return (
    <div id="timeline" class="chart" style={{ height: `${layout.value.timelineHeight}px` }} role="application" tabIndex={0}
      aria-roledescription="timeline"
      aria-label={summary(told, unit)} aria-describedby="timeline-keys"
      onKeyDown={(event) => {
        if (!onTimelineKey(event, told)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onBlur={() => (cursor.value = null)}>
      <div class="chart-canvas" ref={canvas} />
      {plot !== null && (
        <div class="chart-over" style={box(plot)} onPointerDown={(event) => drag(event, told, binAt)}
          onPointerMove={(event) => (cursor.value = binAt(event))} onPointerLeave={() => (cursor.value = null)}>
          <Marks told={told} binAt={binAt} />
          <Pointed told={told} unit={unit} plot={plot} />
        </div>
      )}
      <span id="timeline-keys" class="unseen">Arrow keys move over the bins, with Shift they select, Enter sets the selection, Escape clears it.</span>
      <span class="unseen" aria-live="polite">{said(told, unit)}</span>
    </div>
  );
}

/** The selection and the baseline, with edges that can be dragged. */
function Marks({ told, binAt }: { told: Timeline; binAt: (event: PointerEvent) => number }) {
  const drafted = draft.value;
  const spans: [Brush, Span | null, boolean][] = [
    ["before", view.value.during === null && view.value.before === null ? null : baseline.value, view.value.before === null],
    ["during", view.value.during, false],
  ];
  return (
    <>
      {spans.map(([which, set, isUsual]) => {
        const shown = drafted?.brush === which ? spanOf(told, drafted.from, drafted.to) : set;
        const placed = shown && shares(told, shown);
        if (shown === null || placed === null) return null;
        const edges: ["start" | "end", number][] = [["start", binOf(told, shown[1] - 1)], ["end", binOf(told, shown[0])]];
        return (
          <div key={which} class={`brush-mark ${which}${isUsual && drafted?.brush !== which ? " usual" : ""}`}
            style={{ left: `${placed[0] * 100}%`, width: `${(placed[1] - placed[0]) * 100}%` }}>
            {placed[1] - placed[0] > NAMED_MIN && <span class="brush-name">{which === "during" ? "selection" : "baseline"}</span>}
            {edges.map(([side, fixed]) => (
              <i key={side} class={`handle ${side}`} onPointerDown={(event) => {
                event.stopPropagation();
                drag(event, told, binAt, { brush: which, fixed });
              }} />
            ))}
          </div>
        );
      })}
    </>
  );
}

/** The bin under the pointer, and what it holds. */
function Pointed({ told, unit, plot }: { told: Timeline; unit: string; plot: Plot }) {
  const bin = cursor.value;
  if (bin === null || bin >= binCount(told)) return null;
  const left = (bin / binCount(told)) * plot.width;
  const isRight = left > plot.width / 2;
  const all = told.by === null ? [] : told.series.map((one, at) => ({ one, at, value: one.amounts[bin] ?? 0 }));
  const series = all.filter(({ value }) => value > 0).toSorted((a, b) => b.value - a.value);
  const drafted = draft.value;
  return (
    <>
      <div class="pointed" style={{ left: `${left}px`, width: `${Math.max(1, plot.width / binCount(told))}px` }} />
      <div class="tip" aria-hidden="true"
        style={isRight ? { right: `${plot.width - left + 8}px` } : { left: `${left + plot.width / binCount(told) + 8}px` }}>
        <div class="tip-time">{span(drafted === null ? spanOf(told, bin, bin) : spanOf(told, drafted.from, drafted.to))}</div>
        {drafted === null && <div><b>{amount(binAmount(told, bin), unit)}</b> {measure.value?.title.toLowerCase()}</div>}
        {drafted === null && series.map(({ one, at, value }) => (
          <div key={at} class="tip-series">
            <i class={`series-swatch s${seriesColour(told, at).slice(9)}`} />
            <span class="tip-name">{one.is_others ? "all others" : one.value === null ? "NULL" : plain(one.value)}</span>
            <span>{amount(value, unit)}</span>
          </div>
        ))}
      </div>
    </>
  );
}

function box({ left, top, width, height }: Plot) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

function binOf(told: Timeline, at: number): number {
  return Math.max(0, Math.min(binCount(told) - 1, Math.floor((at - told.start) / told.width)));
}

/** Where a span begins and ends, as shares of the timeline; null if it lies outside. */
function shares(told: Timeline, [from, to]: Span): Span | null {
  const [start, end] = extent(told);
  const share = (at: number) => Math.max(0, Math.min(1, (at - start) / (end - start)));
  return to <= start || from >= end ? null : [share(from), share(to)];
}

function summary(told: Timeline, unit: string): string {
  const sums = Array.from({ length: binCount(told) }, (_, bin) => binAmount(told, bin));
  const most = sums.reduce((best, value, bin) => (value > (sums[best] ?? 0) ? bin : best), 0);
  const title = measure.value?.title ?? "Rows";
  const peak = `most in ${span(spanOf(told, most, most))} with ${amount(sums[most] ?? 0, unit)}`;
  return `${title}: ${amount(told.total, unit)} from ${moment(told.start, true)} to ${moment(extent(told)[1], true)}, ${peak}`;
}

function said(told: Timeline, unit: string): string {
  const bin = cursor.value;
  if (bin === null || document.activeElement?.id !== "timeline") return "";
  const drafted = draft.value;
  if (drafted !== null) return `${drafted.brush === "during" ? "selection" : "baseline"} ${span(spanOf(told, drafted.from, drafted.to))}`;
  return `${span(spanOf(told, bin, bin))}: ${amount(binAmount(told, bin), unit)}`;
}
