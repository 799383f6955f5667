// The page: what all parts share, and the part that is shown.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Failure, Start } from "./api";
import { ask, failure } from "./call";
import { Discover } from "./discover/discover";
import { Head, showKeys } from "./head/head";
import { Alert, NoLogs } from "./head/trouble";
import { useKeys } from "./keys";
import { follow } from "./panels";
import { Toasts } from "./ui/toast";
import { go, log, openTab, place, showTab, start, tab, tabs, view } from "./view";

const refused = signal<Failure | null>(null);

/** The whole page. */
export function App() {
  useEffect(() => {
    void begin();
    return follow();
  }, []);
  useKeys({
    "?": showKeys,
    n: openTab,
    s: () => go({ part: place.value.part === "sql" ? "discover" : "sql" }),
    F2: () => document.getElementById(`tab-${tab.value}`)?.dispatchEvent(new MouseEvent("dblclick", { bubbles: true })),
    Backspace: () => history.back(),
    ...Object.fromEntries(Array.from({ length: 9 }, (_, at) => [String(at + 1), () => {
      const one = tabs.value[at];
      if (one !== undefined) showTab(one.id);
    }])),
  });
  return (
    <>
      <a class="skip" href="#part">To the content</a>
      <Head />
      <Body />
      <Toasts />
    </>
  );
}

function Body() {
  if (refused.value?.kind === "NotFound") return <NoLogs notes={[refused.value.message, ...(refused.value.hint === null ? [] : [refused.value.hint])]} again={() => void begin()} />;
  if (refused.value !== null) {
    return (
      <main class="welcome" id="part">
        <Alert failure={refused.value} again={() => void begin()} />
      </main>
    );
  }
  if (start.value === null) return <main class="welcome" id="part" aria-busy="true"><p class="quiet">asking the server which logs are at hand …</p></main>;
  if (start.value.logs.length === 0 && place.value.part === "discover") return <NoLogs notes={start.value.notes} again={() => void begin()} />;
  return place.value.part === "sql" ? <SqlPart /> : <Discover />;
}

/** The SQL part, which is fetched when it is first shown. */
function SqlPart() {
  const [Sql, setSql] = useState<ComponentType | null>(null);
  const [trouble, setTrouble] = useState<Failure | null>(null);
  useEffect(() => {
    import("./sql/sql").then((part) => setSql(() => part.Sql), (error: unknown) => setTrouble(failure(error)));
  }, []);
  if (trouble !== null) return <main class="welcome" id="part"><Alert failure={trouble} again={() => location.reload()} /></main>;
  return Sql === null ? <main class="welcome" id="part" aria-busy="true" /> : <Sql />;
}

async function begin(): Promise<void> {
  try {
    const told = await ask<Start>("start");
    refused.value = null;
    start.value = told;
    const first = told.logs[0];
    if (log.value === null && first !== undefined) go({ view: { ...view.value, log: first.name } }, { replaces: true });
  } catch (error) {
    refused.value = failure(error);
  }
}
