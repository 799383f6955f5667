// Statements that ran, kept in this browser.

import { signal } from "@preact/signals";

import type { Ms } from "../api";

/** How many are kept, and how long a statement of them is at most. */
const KEPT_MAX = 200;
const CHARACTERS_MAX = 20_000;

const KEY = "floodmark.sql.history";

/** A statement that ran. */
export interface Past {
  sql: string;
  /** When it ended. */
  at: Ms;
  seconds: number;
  /** How many rows it gave; null if it did not come to its end. */
  rows: number | null;
  outcome: "done" | "failed" | "cancelled";
}

/** What ran, the latest first. */
export const history = signal<Past[]>(kept());

/** Keeps a statement; one that ran before moves to the top. */
export function remember(past: Past): void {
  const sql = past.sql.slice(0, CHARACTERS_MAX);
  keep([{ ...past, sql }, ...kept().filter((one) => one.sql !== sql)].slice(0, KEPT_MAX));
}

/** Forgets one statement, or all. */
export function forget(past: Past | null): void {
  keep(past === null ? [] : kept().filter((one) => one.sql !== past.sql));
}

function keep(all: Past[]): void {
  history.value = all;
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
  } catch {
    // A browser that keeps nothing still has this window's.
  }
}

function kept(): Past[] {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(all) ? all.filter(isPast) : [];
  } catch {
    return [];
  }
}

function isPast(one: unknown): one is Past {
  if (typeof one !== "object" || one === null) return false;
  const { sql, at, seconds, rows } = one as Record<string, unknown>;
  return typeof sql === "string" && typeof at === "number" && typeof seconds === "number" && (rows === null || typeof rows === "number");
}
