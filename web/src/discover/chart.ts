// The timeline's bars: stacked, drawn by uPlot.

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import type { Ms, Span, Timeline } from "../api";
import { amount, moment } from "../format";
import { colour } from "../head/theme";
import { place } from "../view";

/** How many series have a colour of their own; the rest has that of all others. */
const SERIES_COLOURS = 6;

/** Steps of the axis of counts: there is no half of a request. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, zeros) => [1, 2, 5].map((digit) => digit * 10 ** zeros)).flat();

/** What the bars are of. */
export interface ChartData {
  timeline: Timeline;
  unit: string;
}

/** The name of the colour of a series, such as `--series-1`. */
export function seriesColour(timeline: Timeline, at: number): string {
  return timeline.series[at]?.is_others || at >= SERIES_COLOURS ? "--series-others" : `--series-${at + 1}`;
}

/** How many bins a timeline has. */
export function binCount(timeline: Timeline): number {
  return timeline.series[0]?.amounts.length ?? 0;
}

/** When a timeline's bins begin and end. */
export function extent(timeline: Timeline): Span {
  return [timeline.start, timeline.start + Math.max(1, binCount(timeline)) * timeline.width];
}

/** The amount of a bin, of all series together. */
export function binAmount(timeline: Timeline, bin: number): number {
  return timeline.series.reduce((sum, one) => sum + (one.amounts[bin] ?? 0), 0);
}

/** A chart of bars in an element; `drawn` is called whenever it was drawn, and so may lie elsewhere. */
export function draw(element: HTMLElement, { timeline, unit }: ChartData, size: { width: number; height: number }, drawn: (chart: uPlot) => void): uPlot {
  const [from, to] = extent(timeline);
  const [quiet, line] = [colour("--quiet"), colour("--line")];
  const colours = timeline.series.map((_, at) => colour(seriesColour(timeline, at)));
  const bars = uPlot.paths.bars?.({ size: [0.9, 60], align: 1, gap: timeline.series[0] && binCount(timeline) > 300 ? 0 : 1 });
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: quiet, font, ticks: { show: false } };
  return new uPlot(
    {
      ...size,
      ms: 1,
      legend: { show: false },
      cursor: { show: false, drag: { x: false, y: false, setScale: false } },
      hooks: { draw: [drawn] },
      select: { show: false, left: 0, top: 0, width: 0, height: 0 },
      padding: [8, 22, 0, 0],
      tzDate: (ts) => uPlot.tzDate(new Date(ts), place.peek().zone),
      scales: { x: { time: true, range: () => [from, to] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.05 : 1] } },
      axes: [
        {
          ...axis, space: 70, size: 34, gap: 4, grid: { show: false },
          values: (_, splits, __, ___, step) => splits.map((at, place) => tick(at, step, splits[place - 1] ?? null)),
        },
        {
          ...axis, size: 58, gap: 6, space: 28, grid: { stroke: line, width: 1 }, ...(unit === "" ? { incrs: WHOLE_STEPS } : {}),
          values: (_, splits) => splits.map((value) => amount(value, unit)),
        },
      ],
      // The last series is drawn first, as high as all together; each before it covers what lies below.
      series: [{}, ...colours.toReversed().map((fill) => ({ fill, width: 0, points: { show: false }, ...(bars ? { paths: bars } : {}) }))],
    },
    stacked(timeline),
    element,
  );
}

/** A timeline as uPlot takes it: the starts of its bins, then sums of the series, all together first. */
export function stacked(timeline: Timeline): uPlot.AlignedData {
  const starts = Array.from({ length: binCount(timeline) }, (_, bin) => timeline.start + bin * timeline.width);
  const sums: number[][] = [];
  for (const one of timeline.series) {
    const below = sums.at(-1);
    sums.push(one.amounts.map((value, bin) => value + (below?.[bin] ?? 0)));
  }
  return [starts, ...sums.toReversed()];
}

/** A moment below the axis: its time, and its day where that changes. */
function tick(at: Ms, step: Ms, before: Ms | null): string {
  const text = moment(at);
  const [day, time] = [text.slice(0, 10), text.slice(11)];
  const isNewDay = before === null || moment(before).slice(0, 10) !== day;
  if (step >= 86_400_000) return day;
  const shown = step >= 60_000 ? time.slice(0, 5) : step >= 1000 ? time.slice(0, 8) : time;
  return isNewDay ? `${shown}\n${day}` : shown;
}
