// Rows as text: for a spreadsheet, a program, or the ticket.

import type { Value } from "../api";
import { plain } from "../format";
import { loaded, rows } from "../panels";
import { copy } from "../ui/copy";
import { columns, EVENT_TIME } from "../view";

/** The forms in which rows are copied. */
export const FORMS = [["text", "Copy as text (tabs)"], ["json", "Copy as JSON"], ["markdown", "Copy as Markdown"]] as const;

/** A form. */
export type Form = (typeof FORMS)[number][0];

/** Copies rows with the columns that are shown, the time first, in UTC. */
export function copyRows(ids: ReadonlySet<string>, form: Form): void {
  const names = [EVENT_TIME, ...columns.value];
  const places = columns.value.map((name) => rows.value?.columns.indexOf(name) ?? -1);
  const chosen = loaded.value.filter((row) => ids.has(row.row));
  const table = chosen.map((row): Value[] => [row.time === null ? null : new Date(row.time).toISOString(), ...places.map((at) => row.cells[at] ?? null)]);
  void copy(rowsText(names, table, form), `${chosen.length} ${chosen.length === 1 ? "row" : "rows"}`);
}

/** A table in a form. Spreadsheets take no formula from it. */
export function rowsText(names: string[], table: Value[][], form: Form): string {
  if (form === "json") return JSON.stringify(table.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? null]))), null, 2);
  if (form === "text") return [names, ...table].map((cells) => cells.map(tabbed).join("\t")).join("\n");
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(names), line(names.map(() => "---")), ...table.map((cells) => line(cells.map(marked)))].join("\n");
}

function tabbed(value: Value): string {
  const text = (value ?? "").replace(/[\t\r\n]/g, " ");
  return /^[=+@]|^-(?!\d)/.test(text) ? `'${text}` : text;
}

/** A value as code of Markdown, which shows it as it is whatever it holds. */
function marked(value: Value): string {
  if (value === null) return "";
  const text = plain(value).replaceAll("|", "\\|");
  const ticks = "`".repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map((one) => one[0].length)));
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return text === "" ? "" : `${ticks}${space}${text}${space}${ticks}`;
}
