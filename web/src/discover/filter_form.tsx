// The form of a filter: its field, how it compares, and with what.

import { useState } from "preact/hooks";

import type { Filter, Value } from "../api";
import { plain } from "../format";
import { fields } from "../panels";
import { addFilter, log, setFilter, view } from "../view";
import { OPS } from "./filter_text";

/** How NULL is written among values; a value that is this text itself can be had by a click on it. */
const NULL = "NULL";

/** A form for the filter at a place of the list, or, without one, for a new filter of a field. */
export function FilterForm({ at, name, close }: { at: number | null; name?: string; close: () => void }) {
  const known = at === null ? undefined : view.value.filters[at];
  const all = log.value?.fields ?? [];
  const [field, setField] = useState(known?.field ?? name ?? all.find((one) => one.name === log.value?.client)?.name ?? all[0]?.name ?? "");
  const [op, setOp] = useState<Filter["op"]>(known?.op ?? "is");
  const [isNot, setNot] = useState(known?.not ?? false);
  const [values, setValues] = useState<Value[]>(known?.values ?? []);
  const kind = all.find((one) => one.name === field)?.kind;
  const shape = OPS.find((one) => one.op === op) ?? OPS[0];
  const ops = OPS.filter((one) => one.op !== "within" || kind === "address" || op === "within");
  const isComplete = op === "exists" || (op === "is" && values.length > 0) || values.some((value) => value !== "" && value !== null);
  const apply = (event: Event) => {
    event.preventDefault();
    if (!isComplete) return;
    const held = op === "exists" ? [] : op === "between" ? [values[0] || null, values[1] || null] : op === "is" ? values : values.filter((value) => value !== "");
    const filter: Filter = { field: op === "sql" ? "" : field, op, values: held, ...(isNot ? { not: true } : {}), ...(known?.off ? { off: true } : {}) };
    close();
    if (at === null) addFilter(filter);
    else setFilter(at, filter);
  };
  return (
    <form class="filter-form" onSubmit={apply}>
      <div class="filter-row">
        {op !== "sql" && (
          <label>
            Field
            <select value={field} onChange={(event) => setField(event.currentTarget.value)}>
              {all.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
            </select>
          </label>
        )}
        <label>
          Comparison
          <select value={`${isNot ? "!" : ""}${op}`} onChange={(event) => {
            const chosen = event.currentTarget.value;
            const next = chosen.replace("!", "") as Filter["op"];
            setNot(chosen.startsWith("!"));
            setOp(next);
            if (OPS.find((one) => one.op === next)?.values !== shape?.values) setValues([]);
          }}>
            {ops.flatMap((one) => [
              <option key={one.op} value={one.op}>{one.title}</option>,
              <option key={`!${one.op}`} value={`!${one.op}`}>{one.opposite}</option>,
            ])}
          </select>
        </label>
      </div>
      {op === "sql" && <Text label="Condition in Athena's SQL" value={values[0] ?? ""} set={(text) => setValues([text])} isLong />}
      {shape?.values === "one" && op !== "sql" && <Text label="Text" value={values[0] ?? ""} set={(text) => setValues([text])} />}
      {shape?.values === "two" && (
        <div class="filter-row">
          <Text label="From (included)" value={values[0] ?? ""} set={(text) => setValues([text, values[1] ?? null])} />
          <Text label="To (included)" value={values[1] ?? ""} set={(text) => setValues([values[0] ?? null, text])} />
        </div>
      )}
      {shape?.values === "many" && <Many field={field} op={op} values={values} set={setValues} />}
      <div class="form-end">
        <button type="button" class="button" onClick={close}>Cancel</button>
        <button type="submit" class="button main" disabled={!isComplete}>{at === null ? "Add filter" : "Apply"}</button>
      </div>
    </form>
  );
}

function Text({ label, value, set, isLong = false }: { label: string; value: string; set: (text: string) => void; isLong?: boolean }) {
  return (
    <label>
      {label}
      {isLong
        ? <textarea class="mono" rows={3} spellcheck={false} value={value} onInput={(event) => set(event.currentTarget.value)} />
        : <input type="text" spellcheck={false} autocomplete="off" value={value} onInput={(event) => set(event.currentTarget.value)} />}
    </label>
  );
}

/** Values one by one, and the most frequent ones of the field to choose from. */
function Many({ field, op, values, set }: { field: string; op: Filter["op"]; values: Value[]; set: (values: Value[]) => void }) {
  const [text, setText] = useState("");
  const known = op === "is" ? (fields.value?.fields.find((one) => one.name === field)?.top ?? []) : [];
  const write = (held: Value[], draft: string) => set([...held, ...(draft === "" ? [] : [draft === NULL ? null : draft])]);
  const [held, setHeld] = useState<Value[]>(values);
  const hold = (next: Value[], draft = text) => {
    setHeld(next);
    write(next, draft);
  };
  return (
    <>
      {held.length > 0 && (
        <ul class="held">
          {held.map((value, at) => (
            <li key={at}>
              <button type="button" class="button small" title="Take it away" onClick={() => hold(held.toSpliced(at, 1))}>
                <span class="held-value">{value === null ? NULL : value === "" ? "(empty)" : plain(value)}</span> ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <label>
        {op === "within" ? "Network, such as 192.0.2.0/24" : "Value (Enter adds one more)"}
        <input type="text" spellcheck={false} autocomplete="off" value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            write(held, event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || text === "") return;
            event.preventDefault();
            setText("");
            hold([...held, text === NULL ? null : text], "");
          }} />
      </label>
      {op === "is" && text === NULL && <p class="quiet">NULL stands for no value, not for a text of four letters</p>}
      {known.length > 0 && (
        <div class="known" role="group" aria-label="Most frequent values">
          {known.map(({ value }, at) => (
            <label key={at} class="known-value">
              <input type="checkbox" checked={held.includes(value)}
                onChange={(event) => hold(event.currentTarget.checked ? [...held, value] : held.filter((one) => one !== value))} />
              <span class={value === null || value === "" ? "null" : ""}>{value === null ? NULL : value === "" ? "(empty)" : plain(value)}</span>
            </label>
          ))}
        </div>
      )}
    </>
  );
}
