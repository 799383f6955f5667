// Brushing over the timeline: by pointer or by keys, in whole bins.

import { computed, signal } from "@preact/signals";

import type { Span, Timeline } from "../api";
import { baseline, look, overlap, select, view } from "../view";
import { binCount, extent } from "./chart";

/** What a drag marks. */
export type Brush = "during" | "before";

/** What the user chose that the next drag marks; null leaves it to what is marked already. */
const chosen = signal<Brush | null>(null);

/** What the next drag marks: first the selection, then the baseline, until one is drawn. With Shift it is always the baseline. */
export const brush = computed<Brush>(() => {
  const { during, before } = view.value;
  if (during === null) return "during";
  return chosen.value ?? (before === null ? "before" : "during");
});

/** Chooses what the next drag marks. */
export function chooseBrush(which: Brush): void {
  chosen.value = which;
}

/** What is being dragged or extended by keys, and not yet set. */
export const draft = signal<{ brush: Brush; from: number; to: number } | null>(null);

/** The bin under the pointer, or that of the keys. */
export const cursor = signal<number | null>(null);

/** Where the keys began to extend. */
let anchor: number | null = null;

/** The span of bins; both ends belong to it, in any order. */
export function spanOf(timeline: Timeline, from: number, to: number): Span {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return [timeline.start + low * timeline.width, timeline.start + (high + 1) * timeline.width];
}

/** What bins become that were passed over. Unless the user chose the baseline, one that would reach into the selection is a new selection. */
function markedBy(timeline: Timeline, from: number, to: number): Brush {
  const { during } = view.value;
  const isInto = during !== null && chosen.value === null && overlap(spanOf(timeline, from, to), during);
  return isInto ? "during" : brush.value;
}

/** Sets what was dragged. */
export function setBrushed(which: Brush, span: Span): void {
  draft.value = null;
  chosen.value = null;
  if (which === "before" && view.value.during !== null) look({ before: span });
  else select(span);
}

/** Takes away what was brushed. */
export function clearBrushed(): void {
  draft.value = null;
  anchor = null;
  chosen.value = null;
  if (view.value.during !== null || view.value.before !== null) look({ during: null, before: null });
}

/** The timeline becomes what was selected. */
export function zoom(): void {
  const { during } = view.value;
  if (during !== null) look({ span: during, during: null, before: null });
}

/** The selection, with what it is compared with, fills the timeline. */
export function zoomToBoth(): void {
  const { during } = view.value;
  const before = baseline.value;
  if (during === null || before === null) return;
  look({ span: [Math.min(during[0], before[0]), Math.max(during[1], before[1])] });
}

/** The timeline becomes three times as long as it is, with the same middle. */
export function zoomOut(timeline: Timeline): void {
  const [from, to] = extent(timeline);
  look({ span: [from - (to - from), to + (to - from)] });
}

/** A key on the timeline; tells whether it was one of its keys. */
export function onTimelineKey(event: KeyboardEvent, timeline: Timeline): boolean {
  const last = binCount(timeline) - 1;
  const step = event.ctrlKey || event.metaKey ? 10 : 1;
  const at = cursor.value;
  const moved = {
    ArrowLeft: Math.max(0, (at ?? last + 1) - step),
    ArrowRight: Math.min(last, (at ?? -1) + step),
    Home: 0,
    End: last,
  }[event.key];
  if (moved !== undefined) {
    if (event.shiftKey) {
      anchor ??= at ?? moved;
      draft.value = { brush: markedBy(timeline, anchor, moved), from: anchor, to: moved };
    } else {
      anchor = null;
      draft.value = null;
    }
    cursor.value = moved;
    return true;
  }
  if (event.key === "Enter" || event.key === " ") {
    const marked = draft.value ?? (at === null ? null : { brush: markedBy(timeline, at, at), from: at, to: at });
    anchor = null;
    if (marked !== null) setBrushed(marked.brush, spanOf(timeline, marked.from, marked.to));
    return true;
  }
  if (event.key === "Escape") {
    if (draft.value !== null) draft.value = null;
    else clearBrushed();
    anchor = null;
    return true;
  }
  return false;
}

/** Follows a drag that began in a bin, or one that moves an edge of what is marked. */
export function drag(event: PointerEvent, timeline: Timeline, binAt: (event: PointerEvent) => number, edge?: { brush: Brush; fixed: number }): void {
  if (event.button !== 0) return;
  const over = event.currentTarget as HTMLElement;
  over.setPointerCapture(event.pointerId);
  const isBaseline = event.shiftKey && view.value.during !== null;
  const from = edge?.fixed ?? binAt(event);
  const startX = event.clientX;
  let isDrag = edge !== undefined;
  const move = (moved: PointerEvent) => {
    // A hand that trembles while it clicks does not drag.
    if (!isDrag && Math.abs(moved.clientX - startX) < 4) return;
    isDrag = true;
    const to = binAt(moved);
    cursor.value = to;
    draft.value = { brush: edge?.brush ?? (isBaseline ? "before" : markedBy(timeline, from, to)), from, to };
  };
  const done = () => {
    over.removeEventListener("pointermove", move);
    over.removeEventListener("pointerup", up);
    over.removeEventListener("pointercancel", stop);
  };
  const up = () => {
    done();
    const marked = draft.value;
    if (isDrag && marked !== null) setBrushed(marked.brush, spanOf(timeline, marked.from, marked.to));
  };
  const stop = () => {
    done();
    draft.value = null;
  };
  over.addEventListener("pointermove", move);
  over.addEventListener("pointerup", up);
  over.addEventListener("pointercancel", stop);
}
