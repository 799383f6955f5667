// The list of what is to be blocked, and how more comes onto it.

import { useId, useState } from "preact/hooks";

import type { Failure } from "../api";
import { plain } from "../format";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { log } from "../view";
import { Trouble } from "../who/card";
import { AddressChip } from "../who/chip";
import { TARGETS_MAX, clear, collect, drop, targets } from "./list";
import { wrong } from "./question";
import { isAddress } from "./target";

/** How many targets are shown at first, and how many more by a click. */
const SHOWN = 24;
const MORE = 200;

/** The targets that are collected, each with a button that takes it away. */
export function TargetList() {
  const [count, setCount] = useState(SHOWN);
  const all = targets.value;
  const shown = all.slice(0, count);
  const client = log.value?.client ?? "";
  return (
    <section class="block-part" aria-labelledby="targets-title">
      <div class="block-part-head">
        <h3 id="targets-title">{`What is to be blocked (${all.length})`}</h3>
        {all.length > 0 && (
          <>
            <button type="button" class="button bare small" onClick={() => void copy(all.join("\n"), `${all.length} targets`)}>Copy</button>
            <button type="button" class="button bare small" onClick={clear}>Clear</button>
          </>
        )}
      </div>
      {all.length === 0 && (
        <p class="quiet block-empty">
          Nothing yet. Addresses come here from the menu of each address, whole findings from Explain, and anything else by hand.
        </p>
      )}
      <ul class="targets">
        {shown.map((target) => (
          <li key={target}>
            {isAddress(target) ? <AddressChip address={target} field={client} /> : <span class="target-text" title={plain(target)}>{plain(target)}</span>}
            <button type="button" class="button bare small" aria-label={`Take ${plain(target)} from the list`} title="Take it from the list"
              onClick={() => drop(target)}>
              <Icon name="close" size={12} />
            </button>
          </li>
        ))}
      </ul>
      {all.length > shown.length && (
        <button type="button" class="button small targets-more" onClick={() => setCount(count + MORE)}>
          {`${Math.min(MORE, all.length - shown.length)} more, of ${all.length}`}
        </button>
      )}
      {all.length >= TARGETS_MAX && <p class="quiet">{`The list is full: it holds ${TARGETS_MAX} targets.`}</p>}
      <AddForm />
    </section>
  );
}

function AddForm() {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [trouble, setTrouble] = useState<Failure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const add = async () => {
    const read = readTargets(typed);
    if (read.length === 0 || isBusy) return;
    setBusy(true);
    const found = await wrong(read);
    setBusy(false);
    setTrouble(found);
    if (found !== null) return;
    collect(...read);
    setTyped("");
  };
  return (
    <form class="add-form" onSubmit={(event) => {
      event.preventDefault();
      void add();
    }}>
      <label for={id}>Add by hand</label>
      <div class="add-line">
        <textarea id={id} rows={Math.min(8, Math.max(1, typed.split("\n").length))} value={typed} spellcheck={false} aria-invalid={trouble !== null}
          aria-describedby={`${id}-about`} placeholder="192.0.2.7"
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setTrouble(null);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void add();
          }} />
        <button type="submit" class="button" disabled={isBusy || typed.trim() === ""}>Add</button>
      </div>
      <p id={`${id}-about`} class="quiet">
        An address, a network such as <code>198.51.100.0/24</code>, a country such as <code>TV</code>, a path such as <code>/login</code> or{" "}
        <code>/wp-*</code>, or <code>user-agent:*curl*</code>. Several may be pasted, one a line.
      </p>
      {trouble !== null && <Trouble failure={trouble} />}
    </form>
  );
}

/** The targets in what was typed or pasted: one a line, and several addresses in a line; behind `#`, and behind an address, is a comment. */
export function readTargets(typed: string): string[] {
  const found = typed.split("\n").flatMap((raw) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return [];
    if (/^(user-agent:|path:|\/|\*)/.test(line)) return [line];
    const [first, ...others] = line.split(/[\s,;]+/).filter((word) => word !== "");
    const isTarget = (word: string) => /^[0-9a-fA-F.:]*[.:][0-9a-fA-F.:]*(\/\d+)?$/.test(word) || /^[A-Z]{2}$/.test(word);
    return first === undefined ? [] : [first, ...others.filter(isTarget)];
  });
  return [...new Set(found)];
}
