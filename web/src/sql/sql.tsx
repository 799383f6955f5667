// The editor of SQL, and what its statements give.

import { useEffect, useRef, useState } from "preact/hooks";

import type { Failure } from "../api";
import { tab } from "../view";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { firstError, SqlEditor, type Editor } from "./editor";
import { Result, type ResultTab } from "./result";
import { execute, runOf, stop } from "./run";
import { loadSchema } from "./schema";
import { Side } from "./side";
import type { Statement } from "./statements";

/** Windows that are narrower begin without the pane at the left, in CSS pixels. */
const NARROW_PX = 800;

/** The part of the page with the editor. */
export function Sql() {
  const editor = useRef<Editor | null>(null);
  const ran = useRef<Statement | null>(null);
  const [shown, setShown] = useState<ResultTab>("rows");
  const [planned, setPlanned] = useState<string | null>(null);
  const [isSideShown, showSide] = useState(innerWidth > NARROW_PX);
  const run = runOf(tab.value).value;
  useEffect(() => loadSchema(), []);
  useEffect(() => markFailure(editor.current, ran.current, run?.error ?? null), [run?.error]);

  const start = () => {
    const wanted = editor.current?.wanted();
    if (!wanted || wanted.text.trim() === "") return;
    ran.current = wanted;
    if (shown === "plan") setShown("rows");
    execute(tab.peek(), wanted.text);
  };
  const addFromSide = (sql: string) => {
    editor.current?.add(sql);
    if (innerWidth <= NARROW_PX) showSide(false);
  };
  const plan = () => {
    const wanted = editor.current?.wanted();
    if (!wanted) return;
    setPlanned(wanted.text);
    setShown("plan");
  };
  return (
    <main class={isSideShown ? "sql" : "sql alone"} id="part" aria-label="SQL">
      {isSideShown && <Side insert={(text) => editor.current?.insert(text)} add={addFromSide} />}
      <div class="sql-main">
        <div class="sql-tools" role="toolbar" aria-label="Statements">
          <button type="button" class="button" aria-pressed={isSideShown} aria-label="Tables and history" title="Tables and history"
            onClick={() => showSide(!isSideShown)}>
            <Icon name="sidebar" />
          </button>
          <button type="button" class="button main" onClick={start} title="Run what is selected, or the statement at the cursor (Ctrl-Enter)">
            Run <kbd>Ctrl ↵</kbd>
          </button>
          <button type="button" class="button" disabled={!run?.isBusy} onClick={() => stop(tab.peek())}>
            <Icon name="stop" /> Cancel
          </button>
          <button type="button" class="button" onClick={plan} title="How the statement would be run, without running it">Plan</button>
          <button type="button" class="button bare" onClick={() => void copy(location.href, "the address of this page, with its statements")}>
            <Icon name="link" /> Copy link
          </button>
          <span class="sql-tip quiet">Athena's SQL. Divide statements by <code>;</code></span>
        </div>
        <div class="sql-editor-place">
          <SqlEditor use={(one) => (editor.current = one)} run={start} />
        </div>
        <p class="sql-error" role="status">{firstError.value ?? ""}</p>
        <Result run={run} shown={shown} show={setShown} planned={planned} add={(sql) => editor.current?.add(sql)} />
      </div>
    </main>
  );
}

/** The statement may have been changed while it ran: what is underlined must still stand there. */
function markFailure(editor: Editor | null, ran: Statement | null, error: Failure | null): void {
  if (editor === null || ran === null || error?.line === undefined) return;
  editor.mark(ran, error);
}
