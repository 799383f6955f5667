// The text of the editor: one for each tab, kept while the window is open, so that a reload loses nothing.

import { effect, signal } from "@preact/signals";

import { go, place, tab, tabs } from "../view";

/** What the page's address carries at most; a longer text is only kept in this window. */
const ADDRESS_CHARACTERS_MAX = 4_000;

/** A statement that the editor shall take in; the editor sets it to null once it has. */
export const handedOver = signal<string | null>(null);

/** Goes to the editor with a statement, which is put behind what stands there. */
export function openInEditor(sql: string): void {
  handedOver.value = sql;
  go({ part: "sql" });
}

/** What the address brought along as the page was opened; it goes to the tab that is shown first. */
let sent = place.peek().part === "sql" ? new URLSearchParams(location.search).get("sql") : null;

/** The text that was kept for the present tab, or that the page's address brought along. */
export function keptDraft(): string {
  const text = sent ?? sessionStorage.getItem(key()) ?? "";
  sent = null;
  return text;
}

/** Keeps the text of the present tab, and writes it into the page's address if it is short enough to be sent. */
export function keepDraft(text: string): void {
  try {
    sessionStorage.setItem(key(), text);
  } catch {
    // A window that keeps nothing still has its editor.
  }
  if (place.peek().part !== "sql") return;
  const parameters = new URLSearchParams(location.search);
  if (text === "" || text.length > ADDRESS_CHARACTERS_MAX) parameters.delete("sql");
  else parameters.set("sql", text);
  const search = parameters.toString();
  // The state says of which tab a step of the way back is.
  history.replaceState(history.state, "", `${location.pathname}${search === "" ? "" : `?${search}`}`);
}

function key(id = tab.peek()): string {
  return `floodmark.sql.${id}`;
}

let known: number[] = [];

// The text of a tab ends with it, lest another tab takes it over.
effect(() => {
  const ids = tabs.value.map(({ id }) => id);
  for (const id of known) if (!ids.includes(id)) sessionStorage.removeItem(key(id));
  known = ids;
});
