// The heads of the columns: a click sorts, a drag moves, the edge resizes, and the menu does all of it.

import { useState } from "preact/hooks";

import { loaded } from "../panels";
import { Icon } from "../ui/icon";
import { openMenu } from "../ui/menu";
import { columns, EVENT_TIME as TIME, field } from "../view";
import { columnMenu, moveColumn, setWidth, sortBy, sorting } from "./columns";
import type { Column } from "./grid_row";
import { KindSign } from "./kinds";
import { selectAll, selected } from "./selection";

/** How far an arrow key moves a column's edge, in CSS pixels. */
const STEP = 16;

/** The line of heads. */
export function GridHead({ columns: shown, width, box }: { columns: Column[]; width: number; box: number }) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const count = selected.value.size;
  return (
    <div class="grid-head" role="row" aria-rowindex={1} style={{ width: `${width}px` }}>
      <div class="grid-box pinned" role="columnheader" style={{ width: `${box}px`, left: "0px" }}>
        <input type="checkbox" aria-label="Select all rows at hand" checked={count > 0 && count === loaded.value.length}
          indeterminate={count > 0 && count < loaded.value.length} onChange={(event) => selectAll(event.currentTarget.checked)} />
      </div>
      {shown.map((one, at) => (
        <Head key={one.name} column={one} at={at} isOver={over === one.name && dragged !== one.name}
          drag={{
            start: () => setDragged(one.name),
            over: () => dragged !== null && one.name !== TIME && setOver(one.name),
            drop: () => {
              if (dragged !== null && dragged !== one.name && one.name !== TIME) moveColumn(dragged, columns.value.indexOf(one.name));
              setDragged(null);
              setOver(null);
            },
            end: () => {
              setDragged(null);
              setOver(null);
            },
          }} />
      ))}
    </div>
  );
}

interface Drag {
  start: () => void;
  over: () => void;
  drop: () => void;
  end: () => void;
}

function Head({ column, at, isOver, drag }: { column: Column; at: number; isOver: boolean; drag: Drag }) {
  const { name, title, about, width, left, isRight } = column;
  const sort = sorting();
  const isSorted = sort.field === name;
  const known = field(name);
  return (
    <div class={`head-cell${left === null ? "" : " pinned"}${isRight ? " right" : ""}${isOver ? " over" : ""}${column.isEdge ? " edge" : ""}`}
      role="columnheader"
      aria-colindex={at + 1} aria-sort={isSorted ? (sort.descending ? "descending" : "ascending") : undefined}
      style={left === null ? { width: `${width}px` } : { width: `${width}px`, left: `${left}px` }}
      onDragOver={(event) => {
        event.preventDefault();
        drag.over();
      }}
      onDrop={(event) => {
        event.preventDefault();
        drag.drop();
      }}>
      <button type="button" class="head-name" draggable={name !== TIME}
        title={`${title}${about === "" ? "" : `\n${about}`}\nClick sorts, a drag moves`}
        onDragStart={(event) => {
          event.dataTransfer?.setData("text/plain", name);
          drag.start();
        }}
        onDragEnd={drag.end}
        onClick={() => sortBy(name)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") openMenu(event.currentTarget, `Column ${title}`, columnMenu(name));
          else if (event.shiftKey && event.key === "ArrowLeft") moveColumn(name, at - 2);
          else if (event.shiftKey && event.key === "ArrowRight") moveColumn(name, at);
          else return;
          event.preventDefault();
        }}>
        {known && <KindSign field={known} />}
        <span class="head-text">{title}</span>
        {isSorted && <Icon name={sort.descending ? "down" : "up"} size={12} />}
      </button>
      <button type="button" class="head-menu" tabIndex={-1} aria-haspopup="menu" aria-label={`Menu of column ${title}`}
        onClick={(event) => openMenu(event.currentTarget, `Column ${title}`, columnMenu(name))}>
        <Icon name="more" size={14} />
      </button>
      <span class="head-edge" role="separator" tabIndex={-1} aria-orientation="vertical" aria-label={`Width of ${title}`} aria-valuenow={width}
        onDblClick={() => setWidth(name, null)}
        onKeyDown={(event) => {
          const step = event.key === "ArrowRight" ? STEP : event.key === "ArrowLeft" ? -STEP : 0;
          if (step === 0) return;
          event.preventDefault();
          setWidth(name, width + step);
        }}
        onPointerDown={(event) => {
          event.preventDefault();
          const edge = event.currentTarget;
          edge.setPointerCapture(event.pointerId);
          const from = event.clientX;
          const move = (moved: PointerEvent) => setWidth(name, width + moved.clientX - from);
          edge.addEventListener("pointermove", move);
          edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), { once: true });
        }} />
    </div>
  );
}
