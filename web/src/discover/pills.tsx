// Filters and times as pills: each can be edited, turned round, switched off, and taken away.

import type { Filter, Span } from "../api";
import { plain, span } from "../format";
import { end, trouble } from "../panels";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { MenuButton, openMenu } from "../ui/menu";
import { openPopover } from "../ui/popover";
import { baseline, look, overlap, place, select, setFilter, view } from "../view";
import { zoom } from "./brush";
import { FilterForm } from "./filter_form";
import { filterParts, filterText, isWrong, OPS } from "./filter_text";
import { beforeChoices, SpanForm } from "./times";

/** All that narrows the view. */
export function Pills() {
  const { span: whole, during, before, filters } = view.value;
  const hasNone = whole === null && during === null && before === null && filters.length === 0;
  // The line is always there: what lies below does not move under the hand that selects a time.
  if (hasNone) return <div class="pills quiet">no filter, the whole log</div>;
  return (
    <div class="pills" role="group" aria-label="Filters and times">
      {whole !== null && <TimePill title="Timeline" className="span" value={whole} set={(value) => look({ span: value })} remove={() => look({ span: null })} />}
      {during !== null && (
        <TimePill title="Selection" className="during" value={during} set={select}
          remove={() => look({ during: null, before: null })}
          more={{ label: "Zoom to the selection", icon: "zoom", run: zoom }} />
      )}
      {baseline.value !== null && (during !== null || before !== null) && <BaselinePill />}
      {filters.map((filter, at) => <FilterPill key={at} filter={filter} at={at} />)}
      <MenuButton label="All filters" icon="more" class="bare" isBare entries={() => [
        { label: "Copy the condition as SQL", icon: "copy", isDisabled: (end.value?.condition ?? "") === "", run: () => void copy(end.value?.condition ?? "", "condition") },
        null,
        { label: "Switch all filters off", icon: "hide", isDisabled: filters.length === 0, run: () => look({ filters: filters.map((one) => ({ ...one, off: true })) }) },
        { label: "Switch all filters on", icon: "show", isDisabled: filters.length === 0, run: () => look({ filters: filters.map(({ off: _, ...one }) => one) }) },
        { label: "Remove all filters", icon: "close", isDisabled: filters.length === 0, run: () => look({ filters: [] }) },
        { label: "Remove filters, times and search", icon: "close", run: () => look({ filters: [], span: null, during: null, before: null, search: "" }) },
      ]} />
    </div>
  );
}

function FilterPill({ filter, at }: { filter: Filter; at: number }) {
  const { field, verb, values } = filterParts(filter);
  const text = plain(filterText(filter));
  const toggled = (name: "not" | "off") => {
    const { [name]: was, ...rest } = filter;
    setFilter(at, was ? rest : { ...rest, [name]: true });
  };
  const opposite = OPS.find((one) => one.op === filter.op);
  return (
    <span class={`pill filter${filter.not ? " not" : ""}${filter.off ? " off" : ""}${isWrong(filter, trouble.value) ? " wrong" : ""}`}>
      <button type="button" class="pill-text" title={`${text}\nClick to change it`} aria-label={`Filter ${text}${filter.off ? ", switched off" : ""}`}
        onClick={(event) => {
          const button = event.currentTarget;
          openMenu(button, "Filter", [
            { label: "Edit …", icon: "edit", run: () => openPopover(button, "Edit the filter", (close) => <FilterForm at={at} close={close} />) },
            { label: filter.not ? `Turn round: ${opposite?.title}` : `Turn round: ${opposite?.opposite}`, icon: "refresh", run: () => toggled("not") },
            { label: filter.off ? "Switch on" : "Switch off", icon: filter.off ? "show" : "hide", run: () => toggled("off") },
            { label: "Remove", icon: "close", run: () => setFilter(at, null) },
          ]);
        }}>
        {field !== "" && <b>{plain(field)}</b>} <span class="pill-verb">{verb}</span>{" "}
        {values.map((value, place) => (
          <span key={place} class={value === null ? "null" : ""}>{place > 0 && ", "}{value === null ? "NULL" : plain(value.slice(0, 80))}</span>
        ))}
      </button>
      <button type="button" class="pill-close" aria-label={`Remove filter ${text}`}
        onClick={() => setFilter(at, null)}><Icon name="close" size={12} /></button>
    </span>
  );
}

function TimePill(properties: {
  title: string;
  className: string;
  value: Span;
  set: (value: Span) => void;
  remove: () => void;
  more?: { label: string; icon: "zoom"; run: () => void };
}) {
  const { title, className, value, set, remove, more } = properties;
  return (
    <span class={`pill time ${className}`}>
      <button type="button" class="pill-text" title={`${place.value.zone}. Click to change it`} aria-haspopup="dialog"
        onClick={(event) => openPopover(event.currentTarget, title, (close) => <SpanForm title={title} value={value} set={set} close={close} />)}>
        <b>{title}</b> {span(value)}
      </button>
      {more && <button type="button" class="pill-close" aria-label={more.label} title={`${more.label} (z)`} onClick={more.run}><Icon name={more.icon} size={13} /></button>}
      <button type="button" class="pill-close" aria-label={`Remove ${title}`} onClick={remove}><Icon name="close" size={12} /></button>
    </span>
  );
}

function BaselinePill() {
  const shown = baseline.value;
  if (shown === null) return null;
  const { before, during } = view.value;
  const isInto = during !== null && overlap(during, shown);
  return (
    <span class={before === null ? "pill time before usual" : "pill time before"}>
      <button type="button" class="pill-text" aria-haspopup="menu" title={`What the selection is compared with, ${place.value.zone}`}
        onClick={(event) => {
          const button = event.currentTarget;
          openMenu(button, "Baseline", [
            ...beforeChoices(),
            null,
            { label: "Other times …", icon: "edit", run: () => openPopover(button, "Baseline", (close) => <SpanForm title="Baseline" value={shown} set={(value) => look({ before: value })} close={close} />) },
          ]);
        }}>
        <b>Baseline</b> {before === null && <span class="pill-verb">just before · </span>}{span(shown)}{isInto && <span class="bad-text"> · reaches into the selection</span>}
      </button>
      {before !== null && <button type="button" class="pill-close" aria-label="Back to just before the selection" onClick={() => look({ before: null })}><Icon name="close" size={12} /></button>}
    </span>
  );
}
