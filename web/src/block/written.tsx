// The rule in each form, to copy: nothing is applied from here.

import { useState } from "preact/hooks";

import type { BlockQuestion } from "../api";
import { plain } from "../format";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { start } from "../view";
import { Code, lines } from "../explain/code";
import { counted } from "../explain/figures";
import { FILE, LISTED_MAX, command } from "./command";
import { isBusy, isUntested, question, rule, test } from "./question";
import { PLACEHOLDERS } from "./ways";

/** What files of the forms are called. */
const FILES: Record<string, string> = { cli: "block.sh", json: "block.json", terraform: "block.tf", cloudformation: "block.template.json" };

const TITLES: Record<string, string> = { cli: "AWS CLI", json: "JSON", terraform: "Terraform", cloudformation: "CloudFormation" };

type Side = "apply" | "undo";

/** The rule, why it is refused, and the command that does the same. */
export function Written() {
  const [wanted, setWanted] = useState("cli");
  const [side, setSide] = useState<Side>("apply");
  const [read, setRead] = useState("");
  const told = rule.value;
  if (told === null || told === undefined) return null;
  const forms = (start.value?.forms ?? []).filter((one) => told.forms[one] !== undefined);
  const shown = forms.includes(wanted) ? wanted : (forms[0] ?? "");
  const text = told.forms[shown]?.[side] ?? "";
  const refusals = [...told.refusals, ...(test.value?.refusals ?? [])];
  const reasons = [...new Set(refusals.map((one) => one.reason))];
  // Until the test is done nobody knows whether it refuses the rule.
  const isTesting = isBusy.value && question.value?.view != null;
  const mustBeRead = refusals.length > 0 || isUntested.value;
  const key = JSON.stringify([refusals, isUntested.value, told.targets]);
  const isFree = text.trim() !== "" && (side === "undo" || (!isTesting && (!mustBeRead || read === key)));
  return (
    <section class="block-part written" aria-labelledby="written-title">
      <h3 id="written-title">The rule</h3>
      {refusals.length > 0 && (
        <div class="refusals" role="alert">
          <p class="refusals-title"><Icon name="warning" />Refused</p>
          <ul>
            {refusals.map((one) => <li key={`${one.reason} ${one.message}`}><Code text={one.message} /> <span class="quiet">({plain(one.reason)})</span></li>)}
          </ul>
          <p>To do it all the same, the command needs <code>{`--allow ${reasons.map(plain).join(",")}`}</code>.</p>
          <label class="block-check">
            <input type="checkbox" checked={read === key} onChange={(event) => setRead(event.currentTarget.checked ? key : "")} />
            <span>I have read why it is refused</span>
          </label>
        </div>
      )}
      {refusals.length === 0 && isUntested.value && (
        <label class="block-check">
          <input type="checkbox" checked={read === key} onChange={(event) => setRead(event.currentTarget.checked ? key : "")} />
          <span>I take the rule without its test</span>
        </label>
      )}
      {told.notes.length > 0 && <ul class="written-notes">{told.notes.map((note) => <li key={note}><Code text={note} /></li>)}</ul>}
      {question.value !== null && told.targets.length !== question.value.targets.length && (
        <p class="quiet written-note">{`${counted(question.value.targets.length, "target")} of the list, written as ${told.targets.length}.`}</p>
      )}
      {isPlaceless(question.value) && (
        <p class="advice">It is not said where the rule goes: replace the id of zeros by that of yours, or write it above.</p>
      )}
      <div class="written-head">
        <Tabs forms={forms} shown={shown} onShow={setWanted} />
        <div class="written-sides" role="group" aria-label="What the text does">
          {(["apply", "undo"] as const).map((one) => (
            <button key={one} type="button" class="button small" aria-pressed={side === one} onClick={() => setSide(one)}>
              {one === "apply" ? "puts it in place" : "takes it away"}
            </button>
          ))}
        </div>
      </div>
      <div id="written-panel" role="tabpanel" aria-labelledby={`written-tab-${shown}`} tabIndex={0} class="written-text">
        {text.trim() !== "" ? <pre>{lines(text)}</pre> : (
          <p class="written-none">There is nothing to write without knowing what AWS holds. The command below asks it, where there are credentials.</p>
        )}
      </div>
      <div class="written-actions">
        <button type="button" class={isFree && !mustBeRead ? "button main" : "button"} disabled={!isFree}
          onClick={() => void copy(text, TITLES[shown] ?? shown)}>
          <Icon name="copy" />Copy
        </button>
        <button type="button" class="button" disabled={!isFree} onClick={() => save(FILES[shown] ?? "block.txt", text)}><Icon name="download" />Download</button>
        {!isFree && isTesting && <span class="quiet">once it is tested</span>}
        {!isFree && !isTesting && mustBeRead && <span class="quiet">{refusals.length > 0 ? "first read above why it is refused" : "it is not tested"}</span>}
      </div>
      <Command form={shown} allowed={reasons} />
    </section>
  );
}

/** Whether a placeholder stands where the rule goes. */
function isPlaceless(asked: BlockQuestion | null): boolean {
  return asked !== null && [asked.acl_id, asked.group_id].some((id) => id !== null && Object.values(PLACEHOLDERS).includes(id));
}

function Tabs({ forms, shown, onShow }: { forms: string[]; shown: string; onShow: (form: string) => void }) {
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = forms[(forms.indexOf(shown) + step + forms.length) % forms.length];
    if (next === undefined) return;
    onShow(next);
    document.getElementById(`written-tab-${next}`)?.focus();
  };
  return (
    <div role="tablist" aria-label="Forms of the rule" class="written-tabs" onKeyDown={onKeyDown}>
      {forms.map((one) => (
        <button key={one} type="button" role="tab" id={`written-tab-${one}`} aria-selected={one === shown} aria-controls="written-panel"
          tabIndex={one === shown ? 0 : -1} onClick={() => onShow(one)}>{TITLES[one] ?? one}</button>
      ))}
    </div>
  );
}

function Command({ form: shown, allowed }: { form: string; allowed: string[] }) {
  const asked = question.value;
  if (asked === null) return null;
  const text = command(asked, shown, allowed);
  return (
    <div class="command">
      <p>
        Nothing is applied from here. AWS is changed only in a terminal, by this command with <code>--apply</code>, which shows what would change and asks first
        {asked.view !== null && <>; <code>PATH</code> is where your logs lie</>}:
      </p>
      <pre tabIndex={0} aria-label="The command">{lines(text)}</pre>
      <div class="written-actions">
        <button type="button" class="button small" onClick={() => void copy(text, "the command")}><Icon name="copy" size={13} />Copy the command</button>
        {asked.targets.length > LISTED_MAX && (
          <button type="button" class="button small" onClick={() => save(FILE, `${asked.targets.join("\n")}\n`)}>
            <Icon name="download" size={13} />{`Download ${FILE}`}
          </button>
        )}
      </div>
    </div>
  );
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
