// A row with all its fields, and the rows around it.

import { signal } from "@preact/signals";

import type { Kind, Row, Value } from "../api";
import { moment, plain } from "../format";
import { loaded, row as told, rows } from "../panels";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { columns, field as known, go, place, toggleColumn } from "../view";
import { Around } from "./around";
import { rowsText } from "./copy_rows";
import { KindSign } from "./kinds";
import { ValueActions, valueKeys, ValueText } from "./value";

const part = signal<"fields" | "around">("fields");

/** Whether fields without a value are shown too. */
const hasNulls = signal(true);

/** Closes the detail; the keys are in the table again. */
export function closeDetail(): void {
  go({ row: null }, { replaces: true });
  document.querySelector<HTMLElement>(".cell[tabindex='0']")?.focus();
}

/** The side panel of a row. */
export function RowDetail({ id }: { id: string }) {
  const at = loaded.value.findIndex((one) => one.row === id);
  const step = (by: number) => {
    const next = loaded.value[at + by]?.row;
    if (next !== undefined) go({ row: next }, { replaces: true });
  };
  const shown = cells(id);
  return (
    <section class="side-panel row-detail" aria-label="Row">
      <header class="side-head">
        <h2>{shown === null ? "Row" : shown.time === null ? "Row without a time" : moment(shown.time)} <span class="quiet">{place.value.zone}</span></h2>
        <span class="spacer" />
        <button type="button" class="button bare" disabled={at <= 0} aria-label="Previous row" title="Previous row (k)"
          onClick={() => step(-1)}><Icon name="chevron-up" /></button>
        <button type="button" class="button bare" disabled={at < 0 || at >= loaded.value.length - 1} aria-label="Next row" title="Next row (j)"
          onClick={() => step(1)}><Icon name="chevron-down" /></button>
        <button type="button" class="button bare" aria-label="Copy a link to this row" title="Copy a link to this row"
          onClick={() => void copy(location.href, "link to the row")}><Icon name="link" /></button>
        <button type="button" class="button bare" aria-label="Copy the row as JSON" title="Copy the row as JSON" disabled={shown === null}
          onClick={() => shown && void copy(rowsText(shown.cells.map((one) => one.field), [shown.cells.map((one) => one.value)], "json"), "row")}><Icon name="copy" /></button>
        <button type="button" class="button bare" aria-label="Close" title="Close (Esc)" onClick={closeDetail}><Icon name="close" /></button>
      </header>
      <div class="side-tabs">
        <div role="tablist" aria-label="Row">
          {([["fields", "All fields"], ["around", "Rows around it"]] as const).map(([one, title]) => (
            <button key={one} type="button" role="tab" aria-selected={part.value === one} onClick={() => (part.value = one)}>{title}</button>
          ))}
        </div>
        <span class="spacer" />
        {part.value === "fields" && <label class="side-check"><input type="checkbox" checked={hasNulls.value} onChange={(event) => (hasNulls.value = event.currentTarget.checked)} /> with NULLs</label>}
      </div>
      {shown === null ? <p class="side-body quiet">this row is not among the rows of the view</p>
        : part.value === "fields" ? <RowFields cells={shown.cells} /> : <Around id={id} cells={shown.cells} />}
    </section>
  );
}

/** What is known of the row: all that the server told, or, until it has, what the table has. */
function cells(id: string): Pick<Row, "time" | "cells"> | null {
  if (told.value?.row === id) return told.value;
  const row = loaded.value.find((one) => one.row === id);
  return row === undefined ? null : { time: row.time, cells: (rows.value?.columns ?? []).map((field, at) => ({ field, value: row.cells[at] ?? null })) };
}

function RowFields({ cells }: { cells: { field: string; value: Value }[] }) {
  const shown = cells.filter((one) => hasNulls.value || one.value !== null);
  return (
    <div class="side-body">
      <table class="row-fields">
        <tbody>
          {shown.map(({ field: name, value }) => {
            const field = known(name);
            const isShown = columns.value.includes(name);
            return (
              <tr key={name}>
                <th scope="row" title={plain(field?.about ?? "")}><div>{field && <KindSign field={field} />}<span>{name.split("_").map((word, at) => (at === 0 ? word : [<wbr key={at} />, `_${word}`]))}</span></div></th>
                <td>
                  <div class="row-value" tabIndex={0} onKeyDown={(event) => {
                    if (event.target !== event.currentTarget) return;
                    const does = valueKeys(name, value)[event.key];
                    if (does === undefined) return;
                    event.preventDefault();
                    event.stopPropagation();
                    does();
                  }}>
                    <span class="row-text"><Whole name={name} kind={field?.kind ?? "category"} value={value} /></span>
                  </div>
                </td>
                <td class="row-actions">
                  <ValueActions name={name} value={value} isLarge />
                  <button type="button" aria-pressed={isShown} aria-label={`${isShown ? "Hide" : "Show"} column ${name}`}
                    title={isShown ? "Hide this column" : "Show as column"} onClick={() => toggleColumn(name)}><Icon name="columns" size={14} /></button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A value as a whole: nothing of it is cut. */
function Whole({ name, kind, value }: { name: string; kind: Kind; value: Value }) {
  if (value === null || value === "" || kind === "address") return <ValueText name={name} value={value} />;
  if (kind !== "nested") return <>{plain(value)}</>;
  return <pre>{spread(value).split("\n").map(plain).join("\n")}</pre>;
}

/** A nested value in lines. */
function spread(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}
