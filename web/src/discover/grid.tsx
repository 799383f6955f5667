// The table of rows: only those in sight are drawn, and the next ones are fetched before one comes to them.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { number, plain } from "../format";
import { useKeys } from "../keys";
import { hasMore, isBusy, isLoadingMore, isStale, loaded, more, rows, ROWS_MAX } from "../panels";
import { columns, EVENT_TIME as TIME, field, go, look, place } from "../view";
import { widthOf } from "./columns";
import { GridHead } from "./grid_head";
import { type Column, GridRow } from "./grid_row";
import { isNumber } from "./kinds";
import { layout } from "./layout";
import { cell, select, selected } from "./selection";
import { valueKeys } from "./value";

/** Heights of a row, in CSS pixels. */
const HEIGHTS = { dense: 25, roomy: 34 };

/** Rows that are drawn above and below those in sight. */
const SPARE = 8;

/** How many rows before the last one at hand the next ones are fetched. */
const AHEAD = 60;

/** How wide the boxes that select rows are, in CSS pixels. */
const BOX = 30;

/** The table. */
export function Grid() {
  const grid = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const told = rows.value;
  const all = loaded.value;
  const height = layout.value.isDense ? HEIGHTS.dense : HEIGHTS.roomy;
  const shown = shownColumns();
  const width = shown.reduce((sum, one) => sum + one.width, BOX);
  const first = Math.max(0, Math.floor(seen.top / height) - SPARE);
  const end = Math.min(all.length, Math.ceil((seen.top + seen.height) / height) + SPARE);
  const isShown = told !== null && (all.length > 0 || isBusy.value);
  useEffect(() => {
    const element = grid.current;
    if (element === null) return;
    const sizes = new ResizeObserver(() => setSeen({ top: element.scrollTop, height: element.clientHeight }));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [isShown]);
  useEffect(() => {
    if (hasMore.value && end > all.length - AHEAD) more();
  }, [end, all.length, hasMore.value]);
  // Another question begins at its first row.
  const question = JSON.stringify([place.value.view, place.value.sort]);
  const asked = useRef(question);
  useLayoutEffect(() => {
    if (asked.current === question) return;
    asked.current = question;
    if (grid.current !== null) grid.current.scrollTop = 0;
  }, [question]);
  // What stands in a cell is reached by keys of the cell, not by hundreds of steps of Tab.
  useLayoutEffect(() => {
    for (const button of grid.current?.querySelectorAll<HTMLElement>(".grid-body button, .grid-body input") ?? []) button.tabIndex = -1;
  });

  const focus = (row: number, column: number) => {
    const to = { row: Math.max(0, Math.min(all.length - 1, row)), column: Math.max(0, Math.min(shown.length - 1, column)) };
    cell.value = to;
    const element = grid.current;
    if (element === null) return;
    const top = to.row * height;
    const head = element.querySelector<HTMLElement>(".grid-head")?.offsetHeight ?? height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height + head > element.scrollTop + element.clientHeight) element.scrollTop = top + height + head - element.clientHeight;
    setSeen({ top: element.scrollTop, height: element.clientHeight });
    requestAnimationFrame(() => {
      const found = element.querySelector<HTMLElement>(`[data-row="${to.row}"] > [data-column="${to.column}"]`);
      found?.focus({ preventScroll: true });
      if (found && to.column >= place.value.pinned + 1) found.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    if (place.value.row !== null) open(to.row);
  };
  const open = (row: number) => {
    const id = all[row]?.row;
    if (id !== undefined) go({ row: id, panel: null }, { replaces: place.value.row !== null });
  };
  const at = cell.value;
  useKeys({
    r: () => focus(at.row, at.column),
    j: () => focus(at.row + 1, at.column),
    k: () => focus(at.row - 1, at.column),
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest(".grid-body") === null || event.ctrlKey || event.metaKey || event.altKey) return;
    // A button in a cell, such as the chip of an address, takes the keys that press it.
    if ((event.key === "Enter" || event.key === " ") && target.closest("button") !== null) return event.stopPropagation();
    const page = Math.max(1, Math.floor(seen.height / height) - 2);
    const name = shown[at.column]?.name ?? TIME;
    const place = shown[at.column]?.at ?? -1;
    const value = place < 0 ? undefined : all[at.row]?.cells[place];
    const does: Record<string, () => void> = {
      ArrowDown: () => focus(at.row + 1, at.column), j: () => focus(at.row + 1, at.column),
      ArrowUp: () => focus(at.row - 1, at.column), k: () => focus(at.row - 1, at.column),
      ArrowRight: () => focus(at.row, at.column + 1), ArrowLeft: () => focus(at.row, at.column - 1),
      PageDown: () => focus(at.row + page, at.column), PageUp: () => focus(at.row - page, at.column),
      Home: () => focus(at.row, 0), End: () => focus(at.row, shown.length - 1),
      Enter: () => open(at.row),
      " ": () => select(at.row, event.shiftKey),
      m: () => target.querySelector<HTMLElement>(".chip")?.click(),
      ...(value === undefined ? {} : valueKeys(name, value)),
    };
    const one = does[event.key];
    if (one === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    one();
  };
  if (told === null) return <div class="grid-none quiet" aria-busy={isBusy.value}>{isBusy.value ? "reading the logs …" : ""}</div>;
  if (!isShown) return <NoRows />;
  return (
    <>
    <div ref={grid} class={`grid${isStale(told) ? " stale" : ""}`} role="grid" aria-label="Rows" aria-rowcount={told.total + 1}
      aria-colcount={shown.length} aria-multiselectable="true"
      style={{ "--row": `${height}px` }} onScroll={(event) => setSeen({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })} onKeyDown={onKeyDown}>
      <GridHead columns={shown} width={width} box={BOX} />
      <div class="grid-body" role="rowgroup" style={{ height: `${all.length * height}px`, width: `${width}px` }}>
        {all.slice(first, end).map((row, offset) => {
          const index = first + offset;
          return (
            <GridRow key={`${index}:${row.row}`} row={row} index={index} top={index * height} columns={shown} box={BOX} zone={place.value.zone}
              isSelected={selected.value.has(row.row)} isOpen={place.value.row === row.row} focused={at.row === index ? at.column : -1}
              open={open} />
          );
        })}
      </div>
      <div class="grid-end quiet" style={{ width: `${Math.min(width, 900)}px` }}>
        {isLoadingMore.value && "fetching the next rows …"}
        {!isLoadingMore.value && all.length >= ROWS_MAX && `these are the first ${number(ROWS_MAX)} of ${number(told.total)} rows: narrow the view, or export it`}
        {!hasMore.value && all.length > 0 && `these are all rows: ${number(all.length)}`}
      </div>
    </div>
    <span class="unseen" aria-live="polite">{selected.value.size > 0 ? `${number(selected.value.size)} rows are selected` : ""}</span>
    </>
  );
}

/** What is said where no row meets all conditions, with the ways to less of them. */
function NoRows() {
  const { filters, search, span, during } = place.value.view;
  return (
    <div class="grid-none">
      <p>No row meets all conditions.</p>
      <p class="form-end">
        {filters.some((one) => !one.off) && <button type="button" class="button" onClick={() => look({ filters: filters.map((one) => ({ ...one, off: true })) })}>Switch the filters off</button>}
        {search !== "" && <button type="button" class="button" onClick={() => look({ search: "" })}>Clear the search</button>}
        {during !== null && <button type="button" class="button" onClick={() => look({ during: null, before: null })}>Clear the selection</button>}
        {span !== null && <button type="button" class="button" onClick={() => look({ span: null })}>Whole span of the log</button>}
      </p>
    </div>
  );
}

/** The columns as they stand, the time first, with where those that are pinned stay. */
function shownColumns(): Column[] {
  const { pinned } = place.value;
  let left = BOX;
  return [TIME, ...columns.value].map((name, at) => {
    const width = widthOf(name);
    const own = left;
    left += width;
    const known = field(name);
    return {
      name, width, at: rows.value?.columns.indexOf(name) ?? -1, isRight: isNumber(known), left: at <= pinned ? own : null, isEdge: at === pinned,
      title: name === TIME ? `Time, ${place.value.zone}` : name,
      about: name === TIME ? "When the event was, as the log tells it" : plain(known?.about ?? ""),
    };
  });
}
