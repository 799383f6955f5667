// What a panel shows, taken elsewhere: as a statement, a file, a command, or in the editor.

import "../styles/sql.css";

import type { Checked, ExportFormat } from "../api";
import { ask, exported, failure } from "../call";
import { plain } from "../format";
import { openInEditor } from "../sql/draft";
import { start } from "../view";
import { copy } from "./copy";
import { MenuButton, type MenuEntry } from "./menu";
import { toast } from "./toast";

/** How long the address of a download may be, in characters; servers take no longer ones. */
const ADDRESS_CHARACTERS_MAX = 60_000;

/** The formats of files, as people call them. */
const FILES: { format: ExportFormat; name: string; hint: string }[] = [
  { format: "csv", name: "CSV", hint: "formulas defused" },
  { format: "parquet", name: "Parquet", hint: "with types" },
  { format: "ndjson", name: "JSON lines", hint: "one object a row" },
];

/** The menu of a statement: copy it, download what it gives, or open it in the editor. `label` says of what it is. */
export function AsMenu({ sql, label, database = "" }: { sql: string; label: string; database?: string }) {
  return (
    <MenuButton class="bare as-menu" icon="download" label={`${label}: as SQL, file or command`} isDisabled={sql === ""} entries={() => asEntries(sql, database)}>
      <span class="as-word">Export</span>
    </MenuButton>
  );
}

/** The entries of that menu, for menus that have others as well. */
export function asEntries(sql: string, database = ""): MenuEntry[] {
  return [
    { label: "Copy as SQL", icon: "copy", run: () => void copy(sql, "the statement") },
    { label: "Open in the SQL editor", icon: "table", run: () => openInEditor(sql) },
    null,
    ...FILES.map(({ format, name, hint }) => ({ label: `Download ${name}`, hint, run: () => void download(format, sql, database) })),
    null,
    { label: "Copy as curl", icon: "copy" as const, run: () => void copy(curl(sql, database), "the command") },
  ];
}

/** Downloads what a statement gives. What the server would refuse is said here: the browser would only say that there is no file. */
async function download(format: ExportFormat, sql: string, database: string): Promise<void> {
  const url = exported(format, sql, database);
  if (url.length > ADDRESS_CHARACTERS_MAX) {
    toast("The statement is too long to be downloaded: take filters or values out of it.", { isBad: true });
    return;
  }
  try {
    const { error } = await ask<Checked>("sql/check", { sql, database });
    if (error !== null) {
      toast(`Nothing was downloaded: ${plain(error.message)}`, { isBad: true });
      return;
    }
  } catch (error) {
    const { message, hint } = failure(error);
    toast(`Nothing was downloaded: ${plain(hint === null ? message : `${message}; ${hint}`)}`, { isBad: true });
    return;
  }
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
