// The editor of statements.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, toggleComment } from "@codemirror/commands";
import { bracketMatching, indentOnInput } from "@codemirror/language";
import { diagnosticCount, forceLinting, forEachDiagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, Prec, type Extension } from "@codemirror/state";
import {
  drawSelection, dropCursor, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers,
  placeholder, rectangularSelection, tooltips,
} from "@codemirror/view";
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import type { Failure } from "../api";
import { place, tab } from "../view";
import { checks, diagnostic } from "./check";
import { propose } from "./completion";
import { athena, colours } from "./dialect";
import { handedOver, keepDraft, keptDraft } from "./draft";
import { look } from "./look";
import { schema } from "./schema";
import { statementAt, type Statement } from "./statements";

/** The first error of the text, as words; null if none is known. Told below the editor, where screen readers find it. */
export const firstError = signal<string | null>(null);

/** What others ask of the editor that is shown. */
export interface Editor {
  /** What would run: what is selected, or the statement at the cursor. */
  wanted(): Statement | null;
  /** Puts a statement behind the text, and the cursor into it. */
  add(sql: string): void;
  /** Puts a text where the cursor is. */
  insert(text: string): void;
  /** Underlines what went wrong in a statement that ran. */
  mark(statement: Statement, error: Failure): void;
  focus(): void;
}

/** The editor; `use` takes it when it is there, `run` is called by its keys. */
export function SqlEditor({ use, run }: { use: (editor: Editor | null) => void; run: () => void }) {
  const element = useRef<HTMLDivElement>(null);
  const latestRun = useRef(run);
  latestRun.current = run;
  useEffect(() => {
    if (element.current === null) return;
    const { view, end } = mount(element.current, () => latestRun.current());
    use(editor(view));
    return () => {
      use(null);
      end();
    };
  }, []);
  // Keys that are typed in the shadow seem to come from this element, which nobody would take for a field that one writes in.
  return <div ref={element} class="sql-editor" onKeyDown={(event) => event.stopPropagation()} />;
}

/**
 * Styles of an editor that stands in the document itself come as a `<style>` element, which the page's policy forbids. Those of one
 * that stands in a shadow come as a sheet that is adopted, which it allows.
 */
function mount(element: HTMLElement, run: () => void): { view: EditorView; end: () => void } {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const language = new Compartment();
  const view = new EditorView({ root, parent: root, state: fresh(language, run) });
  const ends = [
    effect(() => {
      view.dispatch({ effects: language.reconfigure(athena(schema.value)) });
      if (schema.value !== null) forceLinting(view);
    }),
    // Each tab has its own text.
    effect(() => {
      if (tab.value !== shown) {
        shown = tab.value;
        view.setState(fresh(language, run));
      }
    }),
    // Whoever goes elsewhere within the part takes the text along in the address.
    effect(() => {
      void place.value;
      void tab.value;
      queueMicrotask(() => keepDraft(view.state.doc.toString()));
    }),
    effect(() => {
      const sql = handedOver.value;
      if (sql === null) return;
      handedOver.value = null;
      editor(view).add(sql);
    }),
  ];
  return {
    view,
    end: () => {
      for (const end of ends) end();
      view.destroy();
    },
  };
}

let shown = tab.peek();

function fresh(language: Compartment, run: () => void): EditorState {
  shown = tab.peek();
  const doc = keptDraft();
  return EditorState.create({ doc, selection: { anchor: doc.length }, extensions: extensions(language, run) });
}

function extensions(language: Compartment, run: () => void): Extension[] {
  const runs = () => {
    run();
    return true;
  };
  return [
    lineNumbers(), highlightActiveLine(), highlightActiveLineGutter(), highlightSpecialChars(), history(), drawSelection(), dropCursor(),
    EditorState.allowMultipleSelections.of(true), indentOnInput(), bracketMatching(), closeBrackets(), rectangularSelection(),
    autocompletion({ override: [propose], icons: false, maxRenderedOptions: 80 }),
    tooltips({ position: "fixed" }),
    language.of(athena(schema.peek())),
    colours, look, checks(),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ "aria-label": "SQL statements; Ctrl and Enter run the one at the cursor, Escape and then Tab leave the editor", spellcheck: "false" }),
    placeholder("SELECT … FROM …    Ctrl-Space proposes, Ctrl-Enter runs"),
    Prec.highest(keymap.of([
      { key: "Mod-Enter", run: runs },
      { key: "Shift-Enter", run: runs },
      { key: "Mod-/", run: toggleComment },
    ])),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
    EditorView.domEventHandlers({ beforeinput: typeOver }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) keepDraft(update.state.doc.toString());
      firstError.value = errorOf(update.state);
    }),
  ];
}

/**
 * Types over what is selected. The browser would keep the look of what goes away in a `style` attribute, which the page's policy
 * forbids and tells in the console.
 */
function typeOver(event: InputEvent, view: EditorView): boolean {
  const { from, to, empty } = view.state.selection.main;
  const text = event.data;
  if (event.inputType !== "insertText" || text === null || empty || view.composing || view.state.selection.ranges.length > 1) return false;
  event.preventDefault();
  const insert = () => view.state.update(view.state.replaceSelection(text), { userEvent: "input.type", scrollIntoView: true });
  if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, text, insert))) view.dispatch(insert());
  return true;
}

function errorOf(state: EditorState): string | null {
  if (diagnosticCount(state) === 0) return null;
  let said: string | null = null;
  forEachDiagnostic(state, (one, from) => {
    if (said !== null) return;
    const line = state.doc.lineAt(from);
    said = `Line ${line.number}, column ${from - line.from + 1}: ${one.message}`;
  });
  return said;
}

function editor(view: EditorView): Editor {
  return {
    wanted() {
      const { from, to, empty, head } = view.state.selection.main;
      if (!empty) return { from, to, text: view.state.sliceDoc(from, to).replace(/;\s*$/, "") };
      return statementAt(view.state.doc.toString(), head);
    },
    add(sql) {
      const text = view.state.doc.toString().trimEnd();
      const before = text === "" ? "" : text.endsWith(";") ? `${text}\n\n` : `${text};\n\n`;
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: before + sql },
        selection: { anchor: before.length + sql.length },
        effects: EditorView.scrollIntoView(before.length, { y: "start" }),
      });
      view.focus();
    },
    insert(text) {
      view.dispatch(view.state.replaceSelection(text));
      view.focus();
    },
    mark(statement, error) {
      view.dispatch(setDiagnostics(view.state, [diagnostic(statement, error)]));
    },
    focus: () => view.focus(),
  };
}
