// Tabs: one a hypothesis, each with a view of its own.

import { useState } from "preact/hooks";

import { read } from "../address";
import { plain } from "../format";
import { filterText } from "../discover/filter_text";
import { Icon } from "../ui/icon";
import { closeTab, nameTab, openTab, showTab, start, type Tab, tab, tabs } from "../view";

/** The longest name of a tab, in characters. */
const NAME_MAX = 60;

/** What a tab is called: by its user, or by what it shows. */
export function tabTitle(one: Tab): string {
  if (one.name !== null) return one.name;
  const { view, part } = read(one.address);
  const log = view.log || start.value?.logs[0]?.name || "logs";
  const filters = view.filters.filter((filter) => !filter.off).map(filterText);
  const about = [...filters, ...(view.search === "" ? [] : [`“${view.search}”`])].join(", ");
  return `${part === "sql" ? "SQL · " : ""}${log}${about === "" ? "" : ` · ${about}`}`;
}

/** The tabs, and a button for one more. */
export function Tabs() {
  const [named, setNamed] = useState<number | null>(null);
  const move = (event: KeyboardEvent, at: number) => {
    const all = tabs.value;
    const to = event.key === "ArrowRight" ? at + 1 : event.key === "ArrowLeft" ? at - 1 : null;
    const one = all[at];
    if (to !== null) {
      const next = all[(to + all.length) % all.length];
      if (next === undefined) return;
      event.preventDefault();
      showTab(next.id);
      requestAnimationFrame(() => document.getElementById(`tab-${next.id}`)?.focus());
    } else if (event.key === "F2" && one) setNamed(one.id);
    else if (event.key === "Delete" && one) closeTab(one.id);
  };
  return (
    <div class="tabs">
      <div class="tab-list" role="tablist" aria-label="Hypotheses">
        {tabs.value.map((one, at) =>
          named === one.id ? (
            <TabName key={one.id} one={one} done={() => setNamed(null)} />
          ) : (
            <span key={one.id} class={one.id === tab.value ? "tab shown" : "tab"} role="presentation"
              onAuxClick={(event) => event.button === 1 && closeTab(one.id)}>
              <button id={`tab-${one.id}`} type="button" role="tab" class="tab-title" aria-selected={one.id === tab.value} aria-controls="part"
                tabIndex={one.id === tab.value ? 0 : -1} title={`${plain(tabTitle(one))}\nDouble click or F2 names it`}
                onClick={() => showTab(one.id)} onDblClick={() => setNamed(one.id)} onKeyDown={(event) => move(event, at)}>
                {plain(tabTitle(one))}
              </button>
              {tabs.value.length > 1 && (
                // For the pointer alone: a tab that has the focus is closed by Delete.
                <span class="tab-close" aria-hidden="true" title="Close (Delete)"
                  onClick={() => closeTab(one.id)}><Icon name="close" size={12} /></span>
              )}
            </span>
          ),
        )}
      </div>
      <button type="button" class="button bare" aria-label="New tab" title="New tab with the same view (n)"
        onClick={openTab}><Icon name="plus" /></button>
    </div>
  );
}

function TabName({ one, done }: { one: Tab; done: () => void }) {
  const [name, setName] = useState(one.name ?? "");
  const keep = () => {
    nameTab(one.id, name.trim() === "" ? null : name.trim().slice(0, NAME_MAX));
    done();
  };
  return (
    <input class="tab-name" aria-label="Name of the tab" value={name} maxLength={NAME_MAX} placeholder={plain(tabTitle({ ...one, name: null }))}
      ref={(input) => input?.focus()} onInput={(event) => setName(event.currentTarget.value)} onBlur={keep}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") keep();
        if (event.key === "Escape") done();
      }} />
  );
}
