// Charts of what was brushed: top values, a map, flows, hours by weekdays.

import type { Chart } from "../view";

/** The chart that stands in the place of the rows. */
export function ChartView(_: { chart: Chart }) {
  return <section />;
}
