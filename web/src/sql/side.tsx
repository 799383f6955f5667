// Beside the editor: what can be named, and what ran.

import { useState } from "preact/hooks";

import { tip } from "../explain/code";
import { length, number, plain, moment } from "../format";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { forget, history, type Past } from "./history";
import { identifier, reference, schema, schemaTrouble, type Table } from "./schema";
import { Tabs } from "./tabs";

const TABS = [{ name: "tables", title: "Tables" }, { name: "history", title: "History" }] as const;

/** What the pane does to the editor. */
interface Properties {
  /** Puts a text where the cursor is. */
  insert: (text: string) => void;
  /** Puts a statement behind the others. */
  add: (sql: string) => void;
}

/** The pane at the left. */
export function Side({ insert, add }: Properties) {
  const [shown, setShown] = useState<"tables" | "history">("tables");
  const [search, setSearch] = useState("");
  return (
    <aside class="sql-side" aria-label="Tables and history">
      <Tabs label="What is listed" panel="sql-listed" tabs={TABS} shown={shown} show={setShown} />
      <label class="sql-search">
        <Icon name="search" />
        <span class="unseen">{shown === "tables" ? "Search tables and columns" : "Search what ran"}</span>
        <input type="search" value={search} placeholder={shown === "tables" ? "tables and columns" : "statements"}
          onInput={(event) => setSearch(event.currentTarget.value)} />
      </label>
      <div id="sql-listed" class="sql-listed" role="tabpanel" aria-label={shown === "tables" ? "Tables" : "History"}>
        {shown === "tables" ? <Tables search={search} insert={insert} add={add} /> : <History search={search} add={add} />}
      </div>
    </aside>
  );
}

/** Whether a text holds all words of a search, in any case. */
function holds(text: string, search: string): boolean {
  const lower = text.toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => lower.includes(word));
}

function Tables({ search, insert, add }: Properties & { search: string }) {
  const known = schema.value;
  if (schemaTrouble.value !== null) return <p class="sql-empty">{plain(schemaTrouble.value.message)}</p>;
  if (known === null) return <p class="sql-empty quiet">asking what there is …</p>;
  const found = known.databases
    .map((database) => ({
      name: database.name,
      tables: database.tables.filter((table) => holds([database.name, table.name, ...table.columns.map((one) => one.name)].join(" "), search)),
    }))
    .filter(({ tables }) => tables.length > 0);
  if (found.length === 0) return <p class="sql-empty quiet">{search === "" ? "No table is at hand." : "None has all of these words."}</p>;
  return (
    <div class="sql-tree">
      {found.map((database) => (
        <section key={database.name}>
          <h2>{plain(database.name)}</h2>
          {database.tables.map((table) => (
            <TableEntry key={table.name} table={{ ...table, database: database.name }} name={reference(known, { ...table, database: database.name })}
              search={search} insert={insert} add={add} />
          ))}
        </section>
      ))}
    </div>
  );
}

function TableEntry({ table, name, search, insert, add }: Properties & { table: Table; name: string; search: string }) {
  const wanted = search === "" ? table.columns : table.columns.filter((one) => holds(`${table.database} ${table.name} ${one.name}`, search));
  const columns = wanted.length > 0 ? wanted : table.columns;
  return (
    <div class="sql-entry">
      <details open={search !== "" && wanted.length > 0 && wanted.length < table.columns.length}>
        <summary>
          <span class="sql-name">{plain(table.name)}</span>
          <span class="quiet">{table.kind === "table" ? "" : table.kind}</span>
        </summary>
        <ul>
          {columns.map((column) => (
            <li key={column.name}>
              <button type="button" title={`${tip(column.about)}${column.about === "" ? "" : "\n"}Inserts its name`} onClick={() => insert(identifier(column.name))}>
                <span class="sql-name">{plain(column.name)}</span>
                <span class="quiet">{plain(column.type)}</span>
              </button>
            </li>
          ))}
        </ul>
      </details>
      <MenuButton class="bare small" icon="more" isBare label={`Do something with ${plain(table.name)}`} entries={() => [
        { label: "Show some rows", run: () => add(`SELECT *\nFROM ${name}\nLIMIT 100`) },
        { label: "Count the rows", run: () => add(`SELECT count(*) AS row_count\nFROM ${name}`) },
        { label: "All columns by name", run: () => add(`SELECT\n  ${table.columns.map((one) => identifier(one.name)).join(",\n  ")}\nFROM ${name}\nLIMIT 100`) },
        { label: "Insert its name", run: () => insert(name) },
      ]} />
    </div>
  );
}

function History({ search, add }: { search: string; add: (sql: string) => void }) {
  const found = history.value.filter((past) => holds(past.sql, search));
  if (found.length === 0) {
    return <p class="sql-empty quiet">{history.value.length === 0 ? "Nothing ran in this browser so far." : "None has all of these words."}</p>;
  }
  return (
    <>
      <ul class="sql-history">
        {found.map((past) => (
          <li key={past.sql}>
            <button type="button" title="Puts it behind the statements of the editor" onClick={() => add(past.sql)}>
              <code>{past.sql.split("\n").map(plain).join("\n")}</code>
              <span class={past.outcome === "failed" ? "sql-failed" : "quiet"}>{told(past)}</span>
            </button>
            <button type="button" class="button bare small" aria-label="Forget this statement" title="Forget this statement" onClick={() => forget(past)}>
              <Icon name="close" size={12} />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="button bare small sql-forget" onClick={() => forget(null)}>Forget all that ran</button>
    </>
  );
}

function told({ at, seconds, rows, outcome }: Past): string {
  const came = outcome === "done" ? `${number(rows ?? 0)} rows, ${length(seconds * 1000)}` : outcome;
  return `${moment(at, true).slice(0, 16)} · ${came}`;
}
