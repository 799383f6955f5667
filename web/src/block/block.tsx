// What is to be blocked: a list that is being collected, the rule of it, and what it would have hit.

import "../styles/explain.css";
import "../styles/block.css";

import { useEffect, useRef } from "preact/hooks";

import { Icon } from "../ui/icon";
import { go } from "../view";
import { Trouble } from "../who/card";
import { usePanelFocus } from "../explain/panel";
import { WayForm } from "./form";
import { targets } from "./list";
import { again, cancel, follow, isBusy, isCancelled, rule, trouble } from "./question";
import { TargetList } from "./targets";
import { Tested } from "./tested";
import { Written } from "./written";

/** The side panel with the list and its rule. */
export function BlockPanel() {
  const heading = useRef<HTMLHeadingElement>(null);
  usePanelFocus(heading);
  useEffect(follow, []);
  const isEmpty = targets.value.length === 0;
  return (
    <section class="block-panel" aria-labelledby="block-title">
      <header class="panel-head">
        <h2 id="block-title" ref={heading} tabIndex={-1}>Block</h2>
        {isBusy.value && <button type="button" class="button small" onClick={cancel}><Icon name="stop" size={13} />Cancel</button>}
        <button type="button" class="button bare" aria-label="Close the block list" title="Close" onClick={() => go({ panel: null })}><Icon name="close" /></button>
      </header>
      <div class="panel-body">
        <TargetList />
        {!isEmpty && (
          <>
            <WayForm />
            {rule.value === null ? <NoRule /> : <Tested />}
            <Written />
          </>
        )}
      </div>
    </section>
  );
}

/** What stands in the place of a rule that is not there yet, or cannot be. */
function NoRule() {
  if (trouble.value !== null) return <Trouble failure={trouble.value} />;
  if (isBusy.value) return <p class="quiet block-writing" role="status">writing the rule …</p>;
  if (!isCancelled.value) return null;
  return (
    <p class="advice">
      {"Cancelled before the rule was written. "}
      <button type="button" class="button small" onClick={again}>Write it</button>
    </p>
  );
}
