// Statements to begin with, over the logs at hand.

import type { Field, Log } from "../api";
import { plain } from "../format";
import { log as shownLog, start } from "../view";
import { identifier, reference, schema } from "./schema";

/** How many logs have statements to begin with. */
const LOGS_MAX = 4;

/** Statements that one click puts into the editor. */
export function Starters({ add }: { add: (sql: string) => void }) {
  const shown = shownLog.value;
  const logs = (start.value?.logs ?? []).toSorted((one, other) => Number(other === shown) - Number(one === shown)).slice(0, LOGS_MAX);
  return (
    <div class="sql-starters">
      <p class="quiet">Run a statement, and its rows stand here. To begin with:</p>
      {logs.map((log) => (
        <ul key={log.name} aria-label={plain(log.title)}>
          {starters(log).map(({ title, sql }) => (
            <li key={title}>
              <button type="button" class="button small" title={sql} onClick={() => add(sql)}>{title}</button>
            </li>
          ))}
        </ul>
      ))}
    </div>
  );
}

function starters(log: Log): { title: string; sql: string }[] {
  const known = schema.value;
  const own = known?.databases.flatMap((one) => one.tables.map((table) => ({ ...table, database: one.name }))).find((one) => one.kind === "log" && one.name === log.name);
  const table = known && own ? reference(known, own) : identifier(log.name);
  const bytes = log.fields.find((field) => field.unit === "bytes" && field.source === "column");
  const client = log.fields.find((field) => field.name === log.client);
  return [
    { title: `${log.name}: latest rows`, sql: `SELECT *\nFROM ${table}\nORDER BY event_time DESC\nLIMIT 100` },
    { title: `${log.name}: rows by minute`, sql: `SELECT date_trunc('minute', event_time) AS minute, count(*) AS row_count\nFROM ${table}\nGROUP BY 1\nORDER BY 1` },
    ...(client ? [{ title: `${log.name}: busiest clients`, sql: busiest(table, client, bytes) }] : []),
  ];
}

function busiest(table: string, client: Field, bytes: Field | undefined): string {
  const sum = bytes ? `, sum(${bytes.sql}) AS ${identifier(`total_${bytes.name}`)}` : "";
  return `SELECT ${client.sql}, count(*) AS row_count${sum}\nFROM ${table}\nGROUP BY ${client.sql}\nORDER BY row_count DESC\nLIMIT 50`;
}
