// Lines or dots of a result, along time or a number.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { moment, number, plain, short } from "../format";
import { colours } from "../head/theme";
import { place } from "../view";
import { colour } from "./bars";
import type { Points } from "./model";

/** How many rows the table has that stands for the chart where it cannot be seen. */
const TOLD_MAX = 50;

/** The chart; times are those of the page's zone. */
export function Lines({ points, isTime, isDots, label }: { points: Points; isTime: boolean; isDots: boolean; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const { zone } = place.value;
  const theme = colours.value;
  useEffect(() => {
    if (box.current === null) return;
    return draw(box.current, points, { isTime, isDots, zone });
  }, [points, isTime, isDots, zone, theme]);
  const told = (at: number) => (isTime ? moment(points.numbers?.[at] ?? 0, true) : number(points.numbers?.[at] ?? 0));
  return (
    <figure class="sql-lines" aria-label={label}>
      <div ref={box} class="sql-lines-place" aria-hidden="true" />
      <table class="unseen">
        <caption>{points.labels.length > TOLD_MAX ? `${label}: the first ${TOLD_MAX} of ${points.labels.length}` : label}</caption>
        <tbody>
          {points.labels.slice(0, TOLD_MAX).map((_, at) => (
            <tr key={at}>
              <th scope="row">{told(at)}</th>
              {points.series.map((one) => <td key={one.name}>{`${plain(one.name)}: ${one.values[at] === null ? "none" : number(one.values[at] ?? 0)}`}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function draw(box: HTMLElement, points: Points, { isTime, isDots, zone }: { isTime: boolean; isDots: boolean; zone: string }): () => void {
  // The canvas takes colours as they are, without variables.
  const styles = getComputedStyle(box);
  const paint = (name: string) => resolved(box, name);
  const font = `12px ${styles.fontFamily}`;
  const axis = { stroke: paint("var(--quiet)"), grid: { stroke: paint("var(--line)"), width: 1 }, ticks: { stroke: paint("var(--line)") }, font };
  const xs = (points.numbers ?? []).map((one) => (isTime ? one / 1000 : one));
  const options: uPlot.Options = {
    width: box.clientWidth,
    height: Math.max(120, box.clientHeight - 40),
    scales: { x: { time: isTime } },
    legend: { live: true },
    cursor: { drag: { x: true, y: false } },
    axes: [isTime ? { ...axis, values: (_, splits) => splits.map(clock), size: 46 } : axis, { ...axis, size: 70, values: (_, splits) => splits.map(short) }],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
    series: [
      { label: isTime ? "time" : "x", value: (_, value) => (value === null ? "–" : isTime ? moment(value * 1000, true) : number(value)) },
      ...points.series.map((one, at): uPlot.Series => ({
        label: plain(one.name).slice(0, 60),
        stroke: paint(colour(at)),
        width: isDots ? 0 : 1.5,
        spanGaps: true,
        points: { show: isDots || points.labels.length < 80, size: isDots ? 6 : 4, fill: paint(colour(at)) },
        ...(isDots ? { paths: () => null } : {}),
        value: (_, value) => (value === null ? "–" : number(value)),
      })),
    ],
  };
  const chart = new uPlot(options, [xs, ...points.series.map(({ values }) => values)], box);
  const sizes = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: Math.max(120, box.clientHeight - 40) }));
  sizes.observe(box);
  return () => {
    sizes.disconnect();
    chart.destroy();
  };
}

/** A time along the axis; the day stands below where it begins. */
function clock(seconds: number, at: number, all: number[]): string {
  const step = (all[1] ?? seconds) - (all[0] ?? seconds);
  const [text, before] = [moment(seconds * 1000), moment((all[at - 1] ?? 0) * 1000)];
  const day = text.slice(0, 10);
  if (step >= 20 * 86_400) return day.slice(0, 7);
  if (step >= 86_400) return day.slice(5);
  return `${text.slice(11, step < 60 ? 19 : 16)}${before.startsWith(day) ? "" : `\n${day}`}`;
}

/** A colour of the theme as the canvas takes it. */
function resolved(box: HTMLElement, value: string): string {
  const probe = document.createElement("span");
  probe.style.color = value;
  box.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
