// A row of the table.

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { moment, plain } from "../format";
import type { LoadedRow } from "../panels";
import { EVENT_TIME as TIME } from "../view";
import { CHARACTER } from "./columns";
import { cell, select } from "./selection";
import { ValueActions, ValueText } from "./value";

/** How much of a value is shown in a box of its own, in characters; the row's detail has all of it. */
const WHOLE_MAX = 2000;

/** A column of the table. */
export interface Column {
  name: string;
  title: string;
  about: string;
  /** In CSS pixels. */
  width: number;
  /** Where its values stand among the cells that the server tells; -1 if they are not told. */
  at: number;
  isRight: boolean;
  /** Where it stays while others scroll; null if it scrolls. */
  left: number | null;
  /** Whether it is the last one that stays. */
  isEdge: boolean;
}

/** The cell under the pointer, as `index:column`. */
const pointed = signal("");

/** A row. It is drawn anew only if what it shows changes. */
export function GridRow(properties: {
  row: LoadedRow;
  index: number;
  top: number;
  columns: Column[];
  box: number;
  zone: string;
  isSelected: boolean;
  isOpen: boolean;
  /** The column that the keys are in, or -1. */
  focused: number;
  open: (row: number) => void;
}) {
  const { row, index, top, columns, box, zone, isSelected, isOpen, focused, open } = properties;
  const [under, column] = pointed.value.split(":");
  const active = under === String(index) ? Number(column) : -1;
  const shape = columns.map((one) => `${one.name}:${one.width}:${one.left}:${one.isEdge}:${one.at}`).join();
  return useMemo(() => (
    <div class={`grid-row${isSelected ? " selected" : ""}${isOpen ? " open" : ""}`} role="row" aria-rowindex={index + 2} aria-selected={isSelected}
      data-row={index}
      style={{ transform: `translateY(${top}px)` }}
      onPointerLeave={() => (pointed.value = "")}
      onClick={(event) => {
        const target = event.target as Element;
        if (target.closest("button, input") !== null || String(getSelection()) !== "") return;
        const at = Number(target.closest<HTMLElement>("[data-column]")?.dataset.column ?? 0);
        cell.value = { row: index, column: at };
        if (event.shiftKey) select(index, true);
        else open(index);
      }}>
      <div class="grid-box pinned" role="gridcell" style={{ width: `${box}px`, left: "0px" }}>
        <input type="checkbox" checked={isSelected} tabIndex={-1} aria-label="Select this row" onClick={(event) => {
          cell.value = { row: index, column: cell.value.column };
          select(index, event.shiftKey);
        }} />
      </div>
      {columns.map((one, place) => {
        const value = one.at < 0 ? null : (row.cells[one.at] ?? null);
        const isTime = one.name === TIME;
        // A value that is cut is shown as a whole while the keys are in its cell.
        const isWhole = focused === place && value !== null && !isTime && value.length * CHARACTER > one.width - 16;
        const hasActions = !isTime && one.at >= 0 && (active === place || focused === place);
        return (
          <div key={one.name} class={`cell${one.isRight ? " right" : ""}${one.left === null ? "" : " pinned"}${one.isEdge ? " edge" : ""}${focused === place ? " focused" : ""}`} role="gridcell"
            aria-colindex={place + 1} data-column={place} tabIndex={focused === place ? 0 : -1} title={isTime || value === null || value.length < 24 ? undefined : plain(value.slice(0, WHOLE_MAX))}
            style={one.left === null ? { width: `${one.width}px` } : { width: `${one.width}px`, left: `${one.left}px` }}
            onPointerEnter={() => (pointed.value = `${index}:${place}`)} onFocus={() => (cell.value = { row: index, column: place })}>
            <span class="cell-text">
              {isTime ? <time>{row.time === null ? <span class="null">NULL</span> : moment(row.time).replace(/\.000(?!\d)/, "")}</time> : one.at < 0 ? <span class="null">–</span> : <ValueText name={one.name} value={value} />}
            </span>
            {isWhole && <span class="cell-whole" aria-hidden="true">{plain(value.slice(0, WHOLE_MAX))}</span>}
            {hasActions && <ValueActions name={one.name} value={value} />}
          </div>
        );
      })}
    </div>
  ), [row, index, top, shape, zone, isSelected, isOpen, focused, active]);
}
