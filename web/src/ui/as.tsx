// What a panel shows, taken elsewhere: as a statement, a file, a command, or in the editor.

import { exported } from "../call";
import { openInEditor } from "../sql/draft";
import { start } from "../view";
import type { ExportFormat } from "../api";

/** The formats of files, as people call them. */
const FILES: { format: ExportFormat; name: string }[] = [
  { format: "csv", name: "CSV" },
  { format: "parquet", name: "Parquet" },
  { format: "ndjson", name: "JSON lines" },
];

/** The menu of a statement: copy it, download what it gives, or open it in the editor. `label` says of what it is. */
export function AsMenu({ sql, label, database = "" }: { sql: string; label: string; database?: string }) {
  return (
    <details class="as-menu">
      <summary aria-label={`${label} as SQL, file or command`}>as …</summary>
      <div class="as-items">
        <button type="button" onClick={() => void navigator.clipboard.writeText(sql)}>Copy as SQL</button>
        {FILES.map(({ format, name }) => (
          <a key={format} href={exported(format, sql, database)} download="">{`Download ${name}`}</a>
        ))}
        <button type="button" onClick={() => void navigator.clipboard.writeText(curl(sql, database))}>Copy as curl</button>
        <button type="button" onClick={() => openInEditor(sql)}>Open in the SQL editor</button>
      </div>
    </details>
  );
}

/** The command that downloads the rows of a statement as CSV, for a POSIX shell. */
export function curl(sql: string, database = ""): string {
  const told = start.peek();
  const query = new URL(exported("csv", sql, database)).search;
  const url = `${told?.url ?? new URL("api/", document.baseURI).href}export${query}`;
  return `curl --fail -H "Authorization: Bearer $(${told?.token_command ?? "floodmark open --print-token"})" ${quoted(url)}`;
}

/** A text as one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
