// Charts of what was brushed: top values, a map, flows, hours by weekdays.

import "../styles/charts.css";

import { signal, type Signal } from "@preact/signals";
import type { ComponentType } from "preact";

import type { Chart } from "../address";
import { HoursChart } from "./hours";
import { TopChart } from "./top";

/** A chart that is loaded when it is first shown. */
function later(load: () => Promise<ComponentType>): ComponentType {
  const loaded: Signal<ComponentType | null> = signal(null);
  const trouble = signal(false);
  let isAsked = false;
  return function Later() {
    if (!isAsked) {
      isAsked = true;
      load().then((component) => (loaded.value = component), () => {
        isAsked = false;
        trouble.value = true;
      });
    }
    const Component = loaded.value;
    if (Component !== null) return <Component />;
    return <section class="chart-view"><p class="chart-empty">{trouble.value ? "The chart could not be loaded from the server." : "loading …"}</p></section>;
  };
}

// The world's outlines and the layout of flows are large, and not everyone looks at them.
const MapChart = later(async () => (await import("./map")).MapChart);
const FlowChart = later(async () => (await import("./flow")).FlowChart);

/** The chart that stands in the place of the rows. */
export function ChartView({ chart }: { chart: Chart }) {
  switch (chart) {
    case "top":
      return <TopChart />;
    case "map":
      return <MapChart />;
    case "flow":
      return <FlowChart />;
    case "hours":
      return <HoursChart />;
    default:
      return null;
  }
}
