// What is wrong with the statements of the editor, underlined where it stands. The server says it, without running them.

import { linter, type Diagnostic } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

import type { Checked, Failure } from "../api";
import { ask } from "../call";
import { plain } from "../format";
import { schema } from "./schema";
import { statements, type Statement } from "./statements";

/** How long nobody types before statements are checked, in milliseconds. */
const PAUSE_MS = 350;

/** How many statements of a text are checked, and how many answers are kept. */
const STATEMENTS_MAX = 20;
const ANSWERS_MAX = 200;

const answers = new Map<string, Failure | null>();
let asked: AbortController | null = null;

/** Underlines errors while one types. */
export function checks(): Extension {
  return linter((view) => check(view), { delay: PAUSE_MS });
}

async function check(view: EditorView): Promise<Diagnostic[]> {
  asked?.abort();
  const controller = new AbortController();
  asked = controller;
  const found: Diagnostic[] = [];
  for (const statement of statements(view.state.doc.toString()).slice(0, STATEMENTS_MAX)) {
    const error = await answer(statement.text, controller.signal);
    if (controller.signal.aborted) return [];
    if (error !== null) found.push(diagnostic(statement, error));
  }
  return found;
}

/** The underline of what went wrong in a statement. */
export function diagnostic(statement: Statement, error: Failure): Diagnostic {
  const [from, to] = range(statement, error);
  return { from, to, severity: "error", message: said(error) };
}

/** A failure with its hint, line by line. */
export function said(error: Failure): string {
  const lines = error.message.split("\n");
  if (error.hint !== null) lines.push(`hint: ${error.hint}`);
  return lines.map(plain).join("\n");
}

async function answer(sql: string, signal: AbortSignal): Promise<Failure | null> {
  const known = answers.get(sql);
  if (known !== undefined) return known;
  try {
    const { error } = await ask<Checked>("sql/check", { sql, database: schema.peek()?.database ?? "" }, signal);
    if (answers.size >= ANSWERS_MAX) answers.clear();
    answers.set(sql, error);
    return error;
  } catch {
    // What cannot be checked is not underlined; running it says why.
    return null;
  }
}

/** Forgets what was said of statements, such as after one that made a table. */
export function forgetChecks(): void {
  answers.clear();
}

function range(statement: Statement, error: Failure): [number, number] {
  if (error.line === undefined) return [statement.from, statement.to];
  const lines = statement.text.split("\n");
  const before = lines.slice(0, error.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const line = lines[error.line - 1] ?? "";
  const column = [...line].slice(0, Math.max(0, (error.column ?? 1) - 1)).join("").length;
  const token = /^(?:[\p{L}\p{N}_$]+|"(?:[^"]|"")*"?|'(?:[^']|'')*'?|\S)/u.exec(line.slice(column))?.[0] ?? "";
  const from = Math.min(statement.from + before + column, statement.to);
  // An error at the very end has nothing under it: the character before it is marked.
  return token === "" ? [Math.max(statement.from, from - 1), from] : [from, Math.min(from + token.length, statement.to)];
}
