// Browse and brush: the timeline, the fields, and the rows.

import "../styles/discover.css";

import { useEffect } from "preact/hooks";

import { BlockPanel } from "../block/block";
import { ExplainPanel } from "../explain/explain";
import { Alert } from "../head/trouble";
import { useKeys } from "../keys";
import { ask, trouble } from "../panels";
import { Icon } from "../ui/icon";
import { go, look, place, start, view } from "../view";
import { zoom } from "./brush";
import { isWrong } from "./filter_text";
import { Divider } from "./divider";
import { Fields } from "./fields";
import { hasDrawer, isNarrow, lay, layout } from "./layout";
import { Pills } from "./pills";
import { QueryBar } from "./query_bar";
import { closeDetail, RowDetail } from "./row_detail";
import { RowsArea } from "./rows";
import { StateLine } from "./state_line";
import { Timeline, togglePanel } from "./timeline";

/** Bounds of sizes that can be dragged, in CSS pixels. */
const FIELDS = { least: 170, most: 520 };
const SIDE = { least: 320, most: 1100 };
const TIMELINE = { least: 70, most: 480 };

/** The part of the page that browses. */
export function Discover() {
  const { hasTimeline, hasFields, fieldsWidth, sideWidth, timelineHeight } = layout.value;
  const narrow = isNarrow.value;
  const { row, panel } = place.value;
  const side = panel === "explain" ? <ExplainPanel /> : panel === "block" ? <BlockPanel /> : row !== null ? <RowDetail id={row} /> : null;
  const showsFields = narrow ? hasDrawer.value : hasFields;
  useKeys({
    t: () => {
      lay({ hasTimeline: true });
      focusSoon("timeline");
    },
    f: () => {
      if (narrow) hasDrawer.value = true;
      else lay({ hasFields: true });
      focusSoon("field-search");
    },
    z: zoom,
    e: () => togglePanel("explain"),
    b: () => togglePanel("block"),
    Escape: () => {
      if (hasDrawer.value) hasDrawer.value = false;
      else if (place.value.panel !== null) go({ panel: null });
      else if (place.value.row !== null) closeDetail();
    },
  });
  useEffect(() => {
    document.title = `${start.value?.logs.find((one) => one.name === place.value.view.log)?.title ?? "Floodmark"} · Floodmark`;
  }, [place.value.view.log]);
  return (
    <main class="discover" id="part" tabIndex={-1}>
      <QueryBar />
      <Pills />
      <Trouble />
      <div class="areas">
        <div class="main-area">
          {hasTimeline && <Timeline />}
          {hasTimeline && (
            <Divider label="Height of the timeline" isAcross grows={1} size={timelineHeight} {...TIMELINE}
              set={(size) => lay({ timelineHeight: size })} />
          )}
          <div class="lower">
            <Toggles />
            {showsFields && (
              <div class={narrow ? "fields-place drawer" : "fields-place"} style={narrow ? {} : { width: `${fieldsWidth}px` }}><Fields /></div>
            )}
            {showsFields && !narrow && <Divider label="Width of the fields" grows={1} size={fieldsWidth} {...FIELDS} set={(size) => lay({ fieldsWidth: size })} />}
            <RowsArea />
          </div>
        </div>
        {side !== null && !narrow && <Divider label="Width of the side panel" grows={-1} size={sideWidth} {...SIDE} set={(size) => lay({ sideWidth: size })} />}
        {side !== null && <aside class={narrow ? "side drawer" : "side"} style={narrow ? {} : { width: `${sideWidth}px` }}>{side}</aside>}
      </div>
      <StateLine />
    </main>
  );
}

/** What went wrong. Of what is asked, only conditions that the user wrote can be no SQL. */
function Trouble() {
  const failure = trouble.value;
  if (failure === null) return null;
  const { filters } = view.value;
  const wrong = filters.filter((one) => isWrong(one, failure));
  const isSql = wrong.some((one) => one.op === "sql");
  const way = {
    label: wrong.length === 1 ? "Switch the filter off" : "Switch these filters off",
    run: () => look({ filters: filters.map((one) => (wrong.includes(one) ? { ...one, off: true } : one)) }),
  };
  return (
    <Alert failure={failure} where={!isSql ? undefined : wrong.length === 1 ? "In the SQL filter" : "In one of the SQL filters"}
      way={wrong.length > 0 ? way : undefined} again={() => ask()} dismiss={() => (trouble.value = null)} />
  );
}

/** Focuses an element at once, or as soon as it is drawn. */
function focusSoon(id: string): void {
  const element = document.getElementById(id);
  if (element !== null) element.focus();
  else requestAnimationFrame(() => document.getElementById(id)?.focus());
}

/** Buttons that show and hide areas, at the very left. */
function Toggles() {
  const narrow = isNarrow.value;
  const { hasFields, hasTimeline } = layout.value;
  const isShown = narrow ? hasDrawer.value : hasFields;
  return (
    <div class="toggles" role="group" aria-label="Areas">
      <button type="button" class="button bare" aria-pressed={isShown} aria-label="Fields" title={isShown ? "Hide the fields" : "Show the fields (f)"}
        onClick={() => (narrow ? (hasDrawer.value = !isShown) : lay({ hasFields: !hasFields }))}><Icon name="sidebar" /></button>
      <button type="button" class="button bare" aria-pressed={hasTimeline} aria-label="Timeline"
        title={hasTimeline ? "Hide the timeline" : "Show the timeline"}
        onClick={() => lay({ hasTimeline: !hasTimeline })}><Icon name="timeline" /></button>
    </div>
  );
}
