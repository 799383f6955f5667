// What a chart wants beside the usual panels, for as long as it is shown.

import { useEffect } from "preact/hooks";

import type { Groups, Want } from "../api";
import { extra, groups } from "../panels";

/** Wants something more while the chart is shown; what others want stays. */
export function useWant(want: Pick<Want, "groups" | "hours">): void {
  const names = Object.keys(want) as (keyof Want)[];
  useEffect(() => {
    extra.value = { ...extra.peek(), ...want };
    return () => {
      const left = { ...extra.peek() };
      for (const name of names) delete left[name];
      extra.value = left;
    };
  }, [JSON.stringify(want)]);
}

/** The groups of some fields, once they came; what came for other fields is no answer. */
export function groupsOf(fields: string[]): { panel: Groups; group: Groups["groups"][number] } | null {
  const panel = groups.value;
  const group = panel?.groups.find((one) => JSON.stringify(one.fields) === JSON.stringify(fields));
  return panel && group ? { panel, group } : null;
}
