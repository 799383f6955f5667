// What a panel shows, taken elsewhere: as a statement, a file, a command, or in the editor.

import "../styles/sql.css";

import type { ExportFormat } from "../api";
import { exported } from "../call";
import { openInEditor } from "../sql/draft";
import { start } from "../view";
import { copy } from "./copy";
import { MenuButton, type MenuEntry } from "./menu";

/** The formats of files, as people call them. */
const FILES: { format: ExportFormat; name: string; hint: string }[] = [
  { format: "csv", name: "CSV", hint: "formulas defused" },
  { format: "parquet", name: "Parquet", hint: "with types" },
  { format: "ndjson", name: "JSON lines", hint: "one object a row" },
];

/** The menu of a statement: copy it, download what it gives, or open it in the editor. `label` says of what it is. */
export function AsMenu({ sql, label, database = "" }: { sql: string; label: string; database?: string }) {
  return (
    <MenuButton class="bare as-menu" label={`${label}: as SQL, file or command`} isDisabled={sql === ""} entries={() => asEntries(sql, database)}>
      as …
    </MenuButton>
  );
}

/** The entries of that menu, for menus that have others as well. */
export function asEntries(sql: string, database = ""): MenuEntry[] {
  return [
    { label: "Copy as SQL", icon: "copy", run: () => void copy(sql, "the statement") },
    { label: "Open in the SQL editor", icon: "table", run: () => openInEditor(sql) },
    null,
    ...FILES.map(({ format, name, hint }) => ({ label: `Download ${name}`, hint, run: () => download(exported(format, sql, database)) })),
    null,
    { label: "Copy as curl", icon: "copy" as const, run: () => void copy(curl(sql, database), "the command") },
  ];
}

/** Opens a file of this server as a download. */
function download(url: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
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
