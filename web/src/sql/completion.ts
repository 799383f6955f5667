// What the editor proposes: columns of the tables that a statement names, then tables, databases, functions and keywords.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { EditorView } from "@codemirror/view";

import type { Schema } from "../api";
import { tip } from "../explain/code";
import { identifier, reference, schema, tableOf, type Table } from "./schema";
import { isInText, statementAt, words } from "./statements";

/** Words behind which a table is named. */
const BEFORE_TABLES = new Set(["from", "join", "into", "table", "describe", "view", "update"]);

/** Words that are no alias though they stand behind the name of a table. */
const NO_ALIAS = new Set([
  "where", "on", "join", "inner", "left", "right", "full", "cross", "natural", "group", "order", "having", "limit", "offset", "fetch",
  "union", "intersect", "except", "using", "tablesample", "window", "set", "values", "select", "for", "with",
]);

/** A table that a statement names, with the name that its columns go by. */
interface Named {
  alias: string;
  table: Table;
}

/** The source of proposals of the editor. */
export function propose(context: CompletionContext): CompletionResult | null {
  const known = schema.peek();
  const document = context.state.doc.toString();
  if (known === null || isInText(document, context.pos)) return null;
  const word = context.matchBefore(/[\p{L}\p{N}_$"]*$/u);
  const from = word?.from ?? context.pos;
  const before = document.slice(0, from);
  const statement = statementAt(document, context.pos)?.text ?? "";
  const named = tablesOf(known, statement);
  const reserved = new Set(known.keywords.map((one) => one.toLowerCase()));
  const qualifier = /(?:([\p{L}_][\p{L}\p{N}_]*)|"((?:[^"]|"")+)")\s*\.\s*$/u.exec(before);
  if (qualifier) {
    const options = members(known, named, (qualifier[1] ?? qualifier[2] ?? "").toLowerCase(), reserved);
    return options.length === 0 ? null : { from, options, validFor: /^[\p{L}\p{N}_$"]*$/u };
  }
  if (from === context.pos && !context.explicit) return null;
  const last = words(before).at(-1)?.word.toLowerCase() ?? "";
  const isTableWanted = BEFORE_TABLES.has(last);
  return {
    from,
    options: [
      ...columnsOf(named, reserved, isTableWanted ? -20 : 20),
      ...tables(known, reserved, isTableWanted ? 30 : 0),
      ...known.databases.map((one): Completion => ({
        label: one.name, type: "namespace", detail: "database", boost: isTableWanted ? 10 : -10, apply: `${identifier(one.name, reserved)}.`,
      })),
      ...(isTableWanted ? [] : functions(known)),
      ...known.keywords.map((one): Completion => ({ label: one.toUpperCase(), type: "keyword", boost: isTableWanted ? -50 : -5 })),
    ],
    validFor: /^[\p{L}\p{N}_$"]*$/u,
  };
}

/** The tables that a statement names behind `FROM`, `JOIN` and the like. */
export function tablesOf(known: Schema, statement: string): Named[] {
  const all = words(statement);
  const named: Named[] = [];
  for (let at = 0; at < all.length; at++) {
    const word = all[at];
    if (word === undefined || word.isQuoted || !BEFORE_TABLES.has(word.word.toLowerCase())) continue;
    do {
      let name = all[++at]?.word ?? "";
      let database: string | null = null;
      while (all[at + 1]?.word === ".") {
        database = name;
        name = all[at + 2]?.word ?? "";
        at += 2;
      }
      const table = tableOf(known, name, database);
      const next = all[at + 1];
      if (next?.word.toLowerCase() === "as") at++;
      const alias = all[at + 1];
      const isAlias = alias !== undefined && (alias.isQuoted || (/^[\p{L}_]/u.test(alias.word) && !NO_ALIAS.has(alias.word.toLowerCase())));
      if (table) named.push({ alias: (isAlias ? alias.word : name).toLowerCase(), table });
      if (isAlias) at++;
    } while (all[at + 1]?.word === "," && ++at);
  }
  return named;
}

function members(known: Schema, named: Named[], name: string, reserved: ReadonlySet<string>): Completion[] {
  const own = named.filter((one) => one.alias === name || one.table.name.toLowerCase() === name);
  if (own.length > 0) return columnsOf(own, reserved, 0);
  const database = known.databases.find((one) => one.name.toLowerCase() === name);
  return (database?.tables ?? []).map((table) => ({ label: table.name, type: "class", detail: table.kind, apply: identifier(table.name, reserved) }));
}

function columnsOf(named: Named[], reserved: ReadonlySet<string>, boost: number): Completion[] {
  const seen = new Set<string>();
  return named.flatMap(({ table }) => table.columns.flatMap((column): Completion[] => {
    if (seen.has(column.name)) return [];
    seen.add(column.name);
    const info = [...(named.length > 1 ? [table.name] : []), ...(column.about === "" ? [] : [column.about])].join(": ");
    return [{
      label: column.name, type: "property", detail: column.type, boost, apply: identifier(column.name, reserved),
      ...(info === "" ? {} : { info: tip(info) }),
    }];
  }));
}

function tables(known: Schema, reserved: ReadonlySet<string>, boost: number): Completion[] {
  return known.databases.flatMap((database) => database.tables.map((table): Completion => {
    const apply = reference(known, { ...table, database: database.name }, reserved);
    const isPlain = !apply.includes(".");
    return {
      label: isPlain ? table.name : `${database.name}.${table.name}`, type: "class", detail: table.kind, boost: isPlain ? boost : boost - 5, apply,
    };
  }));
}

function functions(known: Schema): Completion[] {
  return known.functions.map((one): Completion => ({
    label: one.name,
    type: "function",
    detail: one.kind === "scalar" ? "" : one.kind,
    apply: (view, _, from, to) => call(view, one.name, from, to),
    ...(one.about === "" ? {} : { info: tip(one.about) }),
  }));
}

/** Writes a call with the cursor between its parentheses, unless they stand there already. */
function call(view: EditorView, name: string, from: number, to: number): void {
  const isCalled = view.state.sliceDoc(to, to + 1) === "(";
  view.dispatch({
    changes: { from, to, insert: isCalled ? name : `${name}()` },
    selection: { anchor: from + name.length + 1 },
    userEvent: "input.complete",
  });
}
