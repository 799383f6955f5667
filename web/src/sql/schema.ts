// What statements can name: databases, tables, columns and functions, as the server knows them.

import { signal } from "@preact/signals";

import type { Failure, Schema } from "../api";
import { ask, failure } from "../call";

/** What can be named; null until the server told. */
export const schema = signal<Schema | null>(null);

/** Why the server did not tell it. */
export const schemaTrouble = signal<Failure | null>(null);

let isAsked = false;

/** Asks once; `isAgain` asks anew, such as after a statement that made a table. */
export function loadSchema(isAgain = false): void {
  if (isAsked && !isAgain) return;
  isAsked = true;
  ask<Schema>("schema")
    .then((told) => {
      schema.value = told;
      schemaTrouble.value = null;
    })
    .catch((error: unknown) => {
      isAsked = false;
      schemaTrouble.value = failure(error);
    });
}

/** A table with the database that it is in. */
export type Table = Schema["databases"][number]["tables"][number] & { database: string };

/**
 * The table of a name, in any case: of the database that is named, or of the one that names without one are looked up in. Where that
 * has none, a log of the name is meant.
 */
export function tableOf(schema: Schema, name: string, database: string | null = null): Table | null {
  const wanted = (database ?? schema.database).toLowerCase();
  const all = schema.databases.flatMap((one) => one.tables.map((table): Table => ({ ...table, database: one.name })));
  const named = all.filter((table) => table.name.toLowerCase() === name.toLowerCase());
  const own = named.find((table) => table.database.toLowerCase() === wanted);
  return own ?? (database === null ? named.find((table) => table.kind === "log") ?? null : null);
}

/** How a statement names a table: without its database, where that finds it. */
export function reference(schema: Schema, table: Table, reserved: ReadonlySet<string> = new Set()): string {
  const name = identifier(table.name, reserved);
  return tableOf(schema, table.name)?.database === table.database ? name : `${identifier(table.database, reserved)}.${name}`;
}

/** A name as a statement has it: in quotes if it is not a plain word. */
export function identifier(name: string, reserved: ReadonlySet<string> = new Set()): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
