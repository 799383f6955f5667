// The fields of the log, and what their values are.

import { signal } from "@preact/signals";

import type { Field, FieldSummary } from "../api";
import { plain } from "../format";
import { fields as panel, isStale } from "../panels";
import { Icon } from "../ui/icon";
import { columns, EVENT_TIME, log, toggleColumn } from "../view";
import { FieldDetail } from "./field_detail";
import { byKind, KindSign } from "./kinds";
import { hasDrawer, isNarrow } from "./layout";
import { OfRows } from "./state_line";

const words = signal("");

/** The names of fields whose values are shown. */
const open = signal<ReadonlySet<string>>(new Set());

/** The list of fields. */
export function Fields() {
  const told = panel.value;
  const wanted = words.value.toLowerCase().split(/[\s._]+/).filter((word) => word !== "");
  const all = (log.value?.fields ?? []).filter((one) => {
    const text = `${one.name} ${one.about}`.toLowerCase();
    return wanted.every((word) => (wanted.length > 0 ? one.name.toLowerCase().includes(word) || text.includes(word) : true));
  });
  const shown = columns.value.flatMap((name) => all.find((one) => one.name === name) ?? []);
  const others = byKind(all.filter((one) => !columns.value.includes(one.name)));
  const groups: [string, Field[]][] = [...(shown.length > 0 ? [["Shown as columns", shown] as [string, Field[]]] : []), ...others];
  const summaries = new Map<string, FieldSummary>((told?.fields ?? []).map((one) => [one.name, one]));
  return (
    <section class={isStale(told) ? "fields stale" : "fields"} aria-label="Fields">
      <div class="fields-head">
        <label class="unseen" for="field-search">Search fields</label>
        <input id="field-search" type="search" value={words.value} placeholder={`Search ${log.value?.fields.length ?? 0} fields`} autocomplete="off"
          spellcheck={false}
          onInput={(event) => (words.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && words.value !== "") words.value = "";
            else if (event.key === "ArrowDown") document.querySelector<HTMLElement>(".field-name")?.focus();
            else if (event.key === "Escape") event.currentTarget.blur();
          }} />
        {isNarrow.value && <button type="button" class="button bare" aria-label="Close the fields" onClick={() => (hasDrawer.value = false)}><Icon name="close" /></button>}
      </div>
      <div class="fields-of quiet">values {told === null ? "…" : <OfRows count={told.rows} panel={told} />}</div>
      <div class="field-list" onKeyDown={moveFocus}>
        {groups.map(([title, of]) => (
          <section key={title} aria-label={title}>
            <h2>{title}</h2>
            {of.map((one) => <FieldItem key={one.name} field={one} summary={summaries.get(one.name) ?? null} />)}
          </section>
        ))}
        {groups.length === 0 && <p class="quiet">no field has all of these words</p>}
      </div>
    </section>
  );
}

function FieldItem({ field, summary }: { field: Field; summary: FieldSummary | null }) {
  const isOpen = open.value.has(field.name);
  const isShown = columns.value.includes(field.name);
  const toggle = () => {
    const next = new Set(open.value);
    if (!next.delete(field.name)) next.add(field.name);
    open.value = next;
  };
  return (
    <div class={isOpen ? "field open" : "field"}>
      <div class="field-line">
        <button type="button" class="field-name" aria-expanded={isOpen} title={`${field.name}${field.about === "" ? "" : `\n${plain(field.about)}`}`}
          onClick={toggle}>
          <KindSign field={field} />
          <span class="field-text">{field.name}</span>
          {field.source !== "column" && <span class="badge">{field.source}</span>}
        </button>
        {field.name !== EVENT_TIME && <button type="button" class="field-column" aria-pressed={isShown} aria-label={`${isShown ? "Hide" : "Show"} column ${field.name}`}
          title={isShown ? "Hide this column" : "Show as column"} onClick={() => toggleColumn(field.name)}>
          <Icon name={isShown ? "close" : "plus"} size={12} />
        </button>}
      </div>
      {isOpen && <FieldDetail field={field} summary={summary} />}
    </div>
  );
}

/** Arrow keys go from field to field. */
function moveFocus(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.target instanceof HTMLElement)) return;
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".field-name, .top-value")];
  const at = all.indexOf(event.target);
  const next = at < 0 ? undefined : all[at + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
