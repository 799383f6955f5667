// The columns of the table: their widths, their order, and what the menu of a head does.

import { signal } from "@preact/signals";

import type { Sort } from "../api";
import { loaded, rows } from "../panels";
import { plain } from "../format";
import { copy } from "../ui/copy";
import type { MenuEntry } from "../ui/menu";
import { columns, EVENT_TIME as TIME, field, go, log, place, setColumns } from "../view";
import { isNumber } from "./kinds";

/** Bounds of a column's width, in CSS pixels. */
export const WIDTH_MIN = 48;
const WIDTH_MAX = 1600;
const WIDTH_KEPT = "floodmark.widths";

/** How wide a character is, about, in CSS pixels. */
export const CHARACTER = 7.2;

type Widths = Record<string, Record<string, number>>;

function kept(): Widths {
  try {
    return JSON.parse(localStorage.getItem(WIDTH_KEPT) ?? "{}") as Widths;
  } catch {
    return {};
  }
}

/** Widths that the user gave, by log and column. */
const widths = signal<Widths>(kept());

/** How wide a column is, in CSS pixels: as the user made it, else as its first values need. */
export function widthOf(name: string): number {
  const given = widths.value[log.value?.name ?? ""]?.[name];
  if (typeof given === "number" && given >= WIDTH_MIN) return given;
  if (name === TIME) return 182;
  const at = rows.value?.columns.indexOf(name) ?? -1;
  const sample = at < 0 ? [] : (rows.value?.rows ?? []).slice(0, 40).map((row) => row.cells[at]?.length ?? 4);
  const longest = sample.toSorted((a, b) => a - b)[Math.floor(sample.length * 0.9)] ?? 0;
  const isAddress = field(name)?.kind === "address";
  return Math.round(Math.max(name.length * CHARACTER + 62, Math.min(isAddress ? 250 : 320, longest * CHARACTER + (isAddress ? 122 : 26))));
}

/** Makes a column as wide; null makes it as wide as its values need. */
export function setWidth(name: string, width: number | null): void {
  const of = log.value?.name ?? "";
  const { [name]: _, ...others } = widths.value[of] ?? {};
  const own = width === null ? others : { ...others, [name]: Math.round(Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, width))) };
  widths.value = { ...widths.value, [of]: own };
  localStorage.setItem(WIDTH_KEPT, JSON.stringify(widths.value));
}

/** How the rows are sorted. */
export function sorting(): Sort {
  return place.value.sort ?? { field: TIME, descending: true };
}

/** Sorts by a column; once more turns the order round. */
export function sortBy(name: string, descending?: boolean): void {
  const now = sorting();
  const isFirstDown = name === TIME || isNumber(field(name));
  const isDown = descending ?? (now.field === name ? !now.descending : isFirstDown);
  go({ sort: name === TIME && isDown ? null : { field: name, descending: isDown } });
}

/** Puts a column in the place of another one. */
export function moveColumn(name: string, to: number): void {
  const names = columns.value.filter((one) => one !== name);
  setColumns(names.toSpliced(Math.max(0, Math.min(names.length, to)), 0, name));
}

/** What the menu of a column's head does. */
export function columnMenu(name: string): MenuEntry[] {
  const at = columns.value.indexOf(name);
  const { pinned } = place.value;
  const now = sorting();
  const sorts: MenuEntry[] = [
    { label: name === TIME ? "Oldest first" : "Sort ascending", icon: "up", isChosen: now.field === name && !now.descending, run: () => sortBy(name, false) },
    { label: name === TIME ? "Newest first" : "Sort descending", icon: "down", isChosen: now.field === name && now.descending, run: () => sortBy(name, true) },
  ];
  const size: MenuEntry = { label: "Usual width", icon: "columns", run: () => setWidth(name, null) };
  if (name === TIME) return [...sorts, null, size, { label: "Copy the column", icon: "copy", run: () => copyColumn(name) }];
  return [
    ...sorts,
    null,
    at < pinned
      ? { label: "Unpin", icon: "pin", run: () => go({ pinned: at }, { replaces: true }) }
      : { label: pinned === 0 ? "Pin" : "Pin beside the pinned ones", icon: "pin", run: () => {
          moveColumn(name, pinned);
          go({ pinned: pinned + 1 }, { replaces: true });
        } },
    { label: "Move left", icon: "left", isDisabled: at <= 0, run: () => moveColumn(name, at - 1) },
    { label: "Move right", icon: "right", isDisabled: at >= columns.value.length - 1, run: () => moveColumn(name, at + 1) },
    { label: "Hide", icon: "hide", run: () => setColumns(columns.value.filter((one) => one !== name), at < pinned ? pinned - 1 : pinned) },
    size,
    null,
    { label: "Break the timeline down by it", icon: "timeline", run: () => go({ by: name }) },
    { label: "Copy the column", icon: "copy", run: () => copyColumn(name) },
    { label: "Copy its name", run: () => void copy(name, "name") },
  ];
}

function copyColumn(name: string): void {
  const at = rows.value?.columns.indexOf(name) ?? -1;
  const values = loaded.value.map((row) => (name === TIME ? (row.time === null ? "" : new Date(row.time).toISOString()) : plain(row.cells[at] ?? "")));
  void copy(values.join("\n"), `${values.length} values of ${name}`);
}
