// The page: what all parts share, and the part that is shown.

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

import type { Failure, Start } from "./api";
import { ask, failure } from "./call";
import { Discover } from "./discover/discover";
import { Head, showKeys } from "./head/head";
import { Alert, NoLogs, NoSuchLog } from "./head/trouble";
import { useKeys } from "./keys";
import { plain } from "./format";
import { follow } from "./panels";
import { toast, Toasts } from "./ui/toast";
import { back, field, go, log, openTab, place, showTab, start, tab, tabs, view } from "./view";

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
    Backspace: back,
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
  if (place.value.part === "sql") return <SqlPart />;
  return log.value === null && view.value.log !== "" ? <NoSuchLog name={view.value.log} /> : <Discover />;
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

/** Takes out of the address what its log does not have, and for which the page has no pill that could be taken away. */
function forgetUnknown(): void {
  const { by, sort, view: asked } = place.value;
  if (log.value === null) return;
  const isMeasure = asked.measure === "" || log.value.measures.some((one) => one.name === asked.measure);
  const isSort = sort === null || field(sort.field) !== null;
  const isBy = by === null || field(by) !== null;
  const unknown = [isMeasure ? null : asked.measure, isSort ? null : sort.field, isBy ? null : by].filter((one) => one !== null);
  if (unknown.length === 0) return;
  go({ by: isBy ? by : null, sort: isSort ? sort : null, view: isMeasure ? asked : { ...asked, measure: "" } }, { replaces: true });
  toast(`this log has no ${unknown.map((name) => `\`${plain(name)}\``).join(", ")}: left out of the link`, { isBad: true });
}

async function begin(): Promise<void> {
  try {
    const told = await ask<Start>("start");
    refused.value = null;
    start.value = told;
    const first = told.logs[0];
    if (view.value.log === "" && first !== undefined) go({ view: { ...view.value, log: first.name } }, { replaces: true });
    forgetUnknown();
  } catch (error) {
    refused.value = failure(error);
  }
}
