// What is asked: the log, a search in all columns, and the filters.

import { useEffect, useRef, useState } from "preact/hooks";

import { emptyPlace } from "../address";
import type { Log } from "../api";
import { amount, moment, number, plain, span } from "../format";
import { useKeys } from "../keys";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { openPopover } from "../ui/popover";
import { go, log, look, place, searchIn, start, tab, view } from "../view";
import { FilterForm } from "./filter_form";

/** How long one has to stop writing before the search begins, in milliseconds. */
const PAUSE_MS = 350;

/** The log, the search, and a button for one more filter. */
export function QueryBar() {
  useKeys({ "/": () => document.getElementById("search")?.focus() });
  return (
    <div class="query">
      <LogPicker />
      <Search key={`${tab.value} ${view.value.log}`} />
      <button type="button" class="button" aria-haspopup="dialog"
        onClick={(event) => openPopover(event.currentTarget, "Add a filter", (close) => <FilterForm at={null} close={close} />)}>
        <Icon name="filter" /> Add filter
      </button>
    </div>
  );
}

function LogPicker() {
  const present = log.value;
  const entries = () => (start.value?.logs ?? []).flatMap((one) => [
    {
      label: one.title,
      hint: `${objects(one)} · ${amount(one.bytes, "bytes")}`,
      isChosen: one.name === present?.name,
      // Another log has other fields: nothing but the time goes along.
      run: () => go({ ...emptyPlace(one.name), zone: place.value.zone }),
    },
  ]);
  const times = present?.span && (present.span[0] < present.span[1] ? span(present.span) : moment(present.span[0], true));
  const about = present && [objects(present), amount(present.bytes, "bytes"), times && `named from ${times}`].filter(Boolean).join(" · ");
  return (
    <div class="log-picker">
      <MenuButton label={`Log: ${present?.title ?? "none"}`} class="log-button" icon="table" entries={entries}>
        <span class="log-title">{present?.title ?? (view.value.log === "" ? "Choose a log" : `no log \`${plain(view.value.log)}\``)}</span>
      </MenuButton>
      {about && <span class="log-about" title={about}>{about}</span>}
    </div>
  );
}

function objects(one: Log): string {
  return one.objects === 1 ? "1 object" : `${number(one.objects)} objects`;
}

/** The search of a tab. What was written as another tab was chosen is sought in its own one. */
function Search() {
  const asked = view.value.search;
  const [text, setText] = useState(asked);
  const own = useRef(tab.peek());
  const pending = useRef<string | null>(null);
  useEffect(() => setText(asked), [asked]);
  useEffect(() => () => {
    if (pending.current !== null && tab.peek() !== own.current) searchIn(own.current, pending.current);
  }, []);
  useEffect(() => {
    pending.current = text === asked ? null : text;
    if (text === asked) return;
    const timer = setTimeout(() => {
      pending.current = null;
      look({ search: text });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, asked]);
  return (
    <form class="search" role="search" onSubmit={(event) => {
      event.preventDefault();
      if (text !== asked) look({ search: text });
    }}>
      <Icon name="search" />
      <label class="unseen" for="search">Search in all columns</label>
      <input id="search" type="search" value={text} placeholder="Search in all columns" autocomplete="off" spellcheck={false}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            if (text === "") event.currentTarget.blur();
            else setText("");
          }
        }} />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
