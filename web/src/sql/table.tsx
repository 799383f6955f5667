// The rows of a result as a table: only what is seen is drawn, however many rows there are.

import "regular-table";

import type { RegularTableElement } from "regular-table/dist/esm/regular-table";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Value } from "../api";
import { number, plain } from "../format";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";

/** How many characters of a value stand in its cell; all of them stand below the table. */
const CELL_CHARACTERS_MAX = 160;

/** An order by a column, by its position. */
export interface Order {
  column: number;
  descending: boolean;
}

/** What the table shows. `count` tells that `rows` grew. */
interface Properties {
  columns: { name: string; type: string }[];
  rows: Value[][];
  count: number;
  label: string;
}

/** Where the cursor is: both from 0, the row as it is ordered. */
interface Cell {
  x: number;
  y: number;
}

/** Whether the values of a type are numbers. */
export function isNumeric(type: string): boolean {
  return /^(?:tinyint|smallint|int|integer|bigint|real|float|double|decimal)\b/i.test(type);
}

/** The table of a result, with the value at its cursor below it. */
export function ResultTable({ columns, rows, count, label }: Properties) {
  const place = useRef<HTMLDivElement>(null);
  const [order, setOrder] = useState<Order | null>(null);
  const [cell, setCell] = useState<Cell | null>(null);
  const index = useMemo(() => order && ordered(columns, rows.slice(0, count), order), [columns, rows, count, order]);
  const shown = useRef<Shown>({ columns, rows, index, order, cell });
  Object.assign(shown.current, { columns, rows, index, order, cell });
  const table = useRef<RegularTableElement | null>(null);

  useEffect(() => {
    if (place.current === null) return;
    const made = document.createElement("regular-table");
    place.current.append(made);
    table.current = made;
    const end = wire(made, shown.current, {
      sort: (column) => {
        setOrder((order) => next(order, column));
        setCell(null);
      },
      move: setCell,
    });
    return () => {
      end();
      made.remove();
      table.current = null;
    };
  }, []);

  useEffect(() => {
    setOrder(null);
    setCell(null);
    table.current?.resetAutoSize();
    if (table.current) table.current.scrollTop = table.current.scrollLeft = 0;
  }, [columns]);

  useEffect(() => {
    table.current?.setAttribute("aria-label", label);
    void table.current?.draw({ invalid_viewport: true });
  }, [columns, index, count, cell, label]);

  return (
    <div class="sql-table">
      <div ref={place} class="sql-table-place" />
      <CellValue shown={shown.current} cell={cell} />
    </div>
  );
}

function CellValue({ shown, cell }: { shown: Shown; cell: Cell | null }) {
  const column = cell === null ? undefined : shown.columns[cell.x];
  if (cell === null || column === undefined) {
    return <p class="sql-value quiet">Click a cell, or move to it by the arrow keys, to see its value in full.</p>;
  }
  const value = valueAt(shown, cell);
  return (
    <div class="sql-value" role="status">
      <span class="quiet">{`${plain(column.name)}, row ${number(cell.y + 1)}`}</span>
      {value === null ? <em class="is-null">NULL</em> : <code>{plain(value)}</code>}
      <button type="button" class="button small bare" onClick={() => void copy(value ?? "", "the value")}>
        <Icon name="copy" />
        Copy
      </button>
    </div>
  );
}

/** What is drawn, changed in place: the element asks for it whenever it scrolls. */
interface Shown {
  columns: { name: string; type: string }[];
  rows: Value[][];
  /** Positions of rows in their order; null as they came. */
  index: number[] | null;
  order: Order | null;
  cell: Cell | null;
}

function valueAt({ rows, index }: Shown, { x, y }: Cell): Value {
  return rows[index === null ? y : index[y] ?? -1]?.[x] ?? null;
}

function wire(table: RegularTableElement, shown: Shown, tell: { sort: (column: number) => void; move: (to: Cell) => void }): () => void {
  table.setDataListener((x0, y0, x1, y1) => {
    const columns = shown.columns.slice(x0, x1);
    const cells = (x: number) => Array.from({ length: Math.max(0, Math.min(y1, shown.rows.length) - y0) }, (_, at) => {
      const value = valueAt(shown, { x, y: y0 + at });
      return value === null ? "NULL" : cut(value);
    });
    return Promise.resolve({
      num_rows: shown.rows.length,
      num_columns: shown.columns.length,
      column_headers: columns.map(({ name }) => [plain(name)]),
      data: columns.map((_, at) => cells(x0 + at)),
    });
  });
  const unstyle = table.addStyleListener(() => {
    for (const head of table.querySelectorAll<HTMLTableCellElement>("thead th")) {
      const { x } = table.getMeta(head) as { x?: number };
      const column = x === undefined ? undefined : shown.columns[x];
      if (x === undefined || column === undefined) continue;
      head.dataset["type"] = column.type;
      head.title = `${plain(column.name)}: ${column.type}; a click sorts`;
      head.classList.toggle("is-number", isNumeric(column.type));
      const by = shown.order?.column === x ? shown.order : null;
      if (by === null) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", by.descending ? "descending" : "ascending");
    }
    for (const body of table.querySelectorAll<HTMLTableCellElement>("tbody td")) {
      const { x, y } = table.getMeta(body) as { x?: number; y?: number };
      if (x === undefined || y === undefined) continue;
      body.classList.toggle("is-number", isNumeric(shown.columns[x]?.type ?? ""));
      body.classList.toggle("is-null", valueAt(shown, { x, y }) === null);
      body.classList.toggle("is-cursor", shown.cell?.x === x && shown.cell.y === y);
    }
  });
  const cellOf = (target: EventTarget | null) => {
    const element = target instanceof Element ? target.closest<HTMLElement>("td, th") : null;
    return element === null ? null : { element, meta: table.getMeta(element) as { x?: number; y?: number } | undefined };
  };
  const onClick = (event: MouseEvent) => {
    const found = cellOf(event.target);
    if (!found?.meta || (event.target as Element).classList.contains("rt-column-resize")) return;
    const { x, y } = found.meta;
    if (x === undefined) return;
    if (found.element.tagName === "TH") tell.sort(x);
    else if (y !== undefined) tell.move({ x, y });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = shown.cell ?? { x: 0, y: -1 };
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && shown.cell !== null && getSelection()?.isCollapsed) {
      void copy(valueAt(shown, shown.cell) ?? "", "the value");
      return;
    }
    const to = moved(at, event, shown);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    tell.move(to);
    void reveal(table, to);
  };
  table.addEventListener("click", onClick);
  table.addEventListener("keydown", onKeyDown);
  const sizes = new ResizeObserver(() => void table.draw({ invalid_viewport: true }));
  sizes.observe(table);
  return () => {
    unstyle();
    sizes.disconnect();
  };
}

/** A page of rows, for the keys that go so far. */
const PAGE_ROWS = 15;

function moved({ x, y }: Cell, event: KeyboardEvent, { columns, rows }: Shown): Cell | null {
  const far = event.ctrlKey || event.metaKey;
  const to = {
    ArrowUp: { x, y: far ? 0 : y - 1 },
    ArrowDown: { x, y: far ? rows.length - 1 : y + 1 },
    ArrowLeft: { x: x - 1, y },
    ArrowRight: { x: x + 1, y },
    PageUp: { x, y: y - PAGE_ROWS },
    PageDown: { x, y: y + PAGE_ROWS },
    Home: { x: 0, y: far ? 0 : y },
    End: { x: columns.length - 1, y: far ? rows.length - 1 : y },
  }[event.key];
  if (!to || rows.length === 0) return null;
  return { x: Math.max(0, Math.min(columns.length - 1, to.x)), y: Math.max(0, Math.min(rows.length - 1, to.y)) };
}

async function reveal(table: RegularTableElement, { x, y }: Cell): Promise<void> {
  const seen = [...table.querySelectorAll<HTMLElement>("tbody td")].some((body) => {
    const meta = table.getMeta(body) as { x?: number; y?: number };
    if (meta.x !== x || meta.y !== y) return false;
    const [own, whole] = [body.getBoundingClientRect(), table.getBoundingClientRect()];
    return own.bottom <= whole.bottom - 12 && own.left >= whole.left && (own.right <= whole.right || own.left === whole.left);
  });
  if (!seen) await table.scrollToCell(Math.max(0, x - 1), Math.max(0, y - 3));
}

function cut(value: string): string {
  return plain(value.length > CELL_CHARACTERS_MAX ? `${value.slice(0, CELL_CHARACTERS_MAX)}…` : value);
}

/** Ascending, then descending, then as the rows came. */
function next(order: Order | null, column: number): Order | null {
  if (order?.column !== column) return { column, descending: false };
  return order.descending ? null : { column, descending: true };
}

function ordered(columns: { type: string }[], rows: Value[][], { column, descending }: Order): number[] {
  const isNumber = isNumeric(columns[column]?.type ?? "");
  const keys = rows.map((row) => row[column] ?? null).map((value) => (value !== null && isNumber ? Number(value) : value));
  const sign = descending ? -1 : 1;
  return rows.map((_, at) => at).sort((left, right) => {
    const [one, other] = [keys[left] ?? null, keys[right] ?? null];
    if (one === null || other === null) return one === other ? left - right : one === null ? 1 : -1;
    return one === other ? left - right : one < other ? -sign : sign;
  });
}
