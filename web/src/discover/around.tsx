// The rows before and after a row in time, of all traffic or of what equals it in a field.

import { useEffect, useState } from "preact/hooks";

import type { Filter, Rows, Value, View } from "../api";
import { moment } from "../format";
import { askFor } from "../panels";
import { failure, isAborted } from "../call";
import { columns, go, log, look, view } from "../view";
import { ValueText } from "./value";

/** How many rows are shown on either side. */
const SIDE = 12;

/** The rows around a row. */
export function Around({ id, cells }: { id: string; cells: { field: string; value: Value }[] }) {
  const [equal, setEqual] = useState("");
  const [told, setTold] = useState<Rows | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const value = cells.find((one) => one.field === equal)?.value;
  const filters: Filter[] = value === undefined ? [] : [{ field: equal, op: "is", values: [value] }];
  const around: View = { ...view.value, during: null, before: null, filters, search: "" };
  useEffect(() => {
    const controller = new AbortController();
    setTrouble(null);
    askFor("rows", { view: around, want: { rows: { sort: null, count: SIDE, around: { row: id, count: SIDE } } } }, controller.signal, setTold)
      .catch((error: unknown) => {
        if (!isAborted(error)) setTrouble(failure(error).message);
      });
    return () => controller.abort();
  }, [id, equal]);
  const shown = columns.value.slice(0, 4);
  const usual = [log.value?.client, log.value?.target].filter((name): name is string => typeof name === "string");
  const others = cells.filter((one) => one.value !== null && !usual.includes(one.field));
  return (
    <div class="side-body">
      <div class="around-head">
        <label>
          Rows{" "}
          <select value={equal} onChange={(event) => setEqual(event.currentTarget.value)}>
            <option value="">of all traffic</option>
            {usual.map((name) => <option key={name} value={name}>with the same {name}</option>)}
            {others.map(({ field }) => <option key={field} value={field}>with the same {field}</option>)}
          </select>
        </label>
        <button type="button" class="button small" title="Take these conditions for the whole view"
          onClick={() => look({ filters, search: "" })}>Take over as filter</button>
      </div>
      {trouble !== null && <p role="alert" class="bad-text">{trouble}</p>}
      {told !== null && !told.rows.some((one) => one.row === id) && <p class="quiet">the row itself is not among them</p>}
      <div class="around-scroll" tabIndex={0} role="region" aria-label="Rows around it">
        <table class="around">
          <thead><tr><th scope="col">Time</th>{shown.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
          <tbody>
            {told?.rows.map((row) => (
              <tr key={row.row} class={row.row === id ? "own" : ""} aria-current={row.row === id ? "true" : undefined}>
                <th scope="row"><button type="button" class="link" onClick={() => go({ row: row.row })}>{row.time === null ? "NULL" : moment(row.time)}</button></th>
                {shown.map((name) => <td key={name}><ValueText name={name} value={row.cells[told.columns.indexOf(name)] ?? null} /></td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
