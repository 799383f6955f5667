// How and where it is blocked.

import { useId } from "preact/hooks";

import type { Way } from "../api";
import { plain } from "../format";
import { log, start } from "../view";
import { type TargetKind, kindOf, targets } from "./list";
import { type Form, change, form, way } from "./question";
import { COMMON, LABELS, type PlaceField, formOf, lacking, within } from "./ways";

const KINDS: Record<TargetKind, string> = { network: "addresses", country: "countries", path: "paths", "user-agent": "user agents" };

/** The choice of a way, and of the place where its rule goes. */
export function WayForm() {
  const ways = start.value?.ways ?? [];
  return (
    <>
      <fieldset class="block-part ways">
        <legend>How it is blocked</legend>
        {ways.map((one) => <WayChoice key={one.name} own={one} />)}
        {way.value === null && targets.value.length > 0 && (
          <p class="advice" role="alert">No way blocks any of this.</p>
        )}
      </fieldset>
      <LeftOut />
      {way.value !== null && <PlaceForm name={way.value.name} />}
    </>
  );
}

/** What of the list is not in the rule, because the way cannot block it. */
function LeftOut() {
  const own = way.value;
  if (own === null) return null;
  const lacks = lacking(own, targets.value);
  if (lacks.length === 0) return null;
  const left = targets.value.filter((target) => !own.targets.includes(kindOf(target)));
  const named = left.slice(0, 3).map(plain).join(", ") + (left.length > 3 ? ", …" : "");
  return (
    <p class="advice" role="status">
      {`Not in this rule, because ${plain(own.name)} blocks no ${lacks.map((kind) => KINDS[kind]).join(" or ")}: `
        + `${named} (${left.length} of ${targets.value.length}). Another way writes a rule for the rest.`}
    </p>
  );
}

function WayChoice({ own }: { own: Way }) {
  const id = useId();
  const lacks = lacking(own, targets.value);
  const isAble = within(own, targets.value).length > 0;
  const isChosen = way.value?.name === own.name;
  return (
    <div class="way">
      <input type="radio" id={id} name="way" checked={isChosen} disabled={!isAble} onChange={() => change({ way: own.name })} />
      <label for={id}>
        <span class="way-title">
          <strong>{plain(own.name)}</strong> {plain(own.title)}
          {lacks.length > 0 && <span class="quiet">{` – not for ${lacks.map((kind) => KINDS[kind]).join(" and ")}`}</span>}
        </span>
        {isChosen && <span class="quiet">{formOf(own.name).advice}</span>}
      </label>
    </div>
  );
}

function PlaceForm({ name }: { name: string }) {
  const { fields, hasDirection, isInWebAcl } = formOf(name);
  const said = form.value;
  return (
    <fieldset class="block-part place">
      <legend>Where it goes</legend>
      <div class="place-grid">
        {fields.map((field) => <TextField key={field} field={field} />)}
        {hasDirection && (
          <Choice label="Packets" value={said.direction} onChoose={(direction) => change({ direction })}
            choices={[["inbound", "inbound: into the subnet"], ["outbound", "outbound: out of it"], ["both", "both"]]} />
        )}
        {isInWebAcl && (
          <Choice label="Scope" value={said.scope} onChoose={(scope) => change({ scope })}
            choices={[["regional", "regional: load balancers, APIs"], ["cloudfront", "CloudFront"]]} />
        )}
        {COMMON.map((field) => <TextField key={field} field={field} />)}
      </div>
      {isInWebAcl && <Check label="Only count what would be blocked" isOn={said.isCountOnly} onChange={(isCountOnly) => change({ isCountOnly })} />}
      {log.value !== null && <Check label={`Test it on the logs (${plain(log.value.name)})`} isOn={said.isTested} onChange={(isTested) => change({ isTested })} />}
    </fieldset>
  );
}

function TextField({ field }: { field: PlaceField }) {
  const id = useId();
  const { label, example, about } = LABELS[field];
  const { texts } = form.value;
  return (
    <div class="place-field">
      <label for={id}>{label}</label>
      <input id={id} type="text" value={texts[field] ?? ""} placeholder={example} spellcheck={false} autocomplete="off" aria-describedby={`${id}-about`}
        onInput={(event) => change({ texts: { ...form.value.texts, [field]: event.currentTarget.value } })} />
      <span id={`${id}-about`} class="quiet">{about}</span>
    </div>
  );
}

function Choice<T extends Form["direction"] | Form["scope"]>(properties: { label: string; value: T; choices: [T, string][]; onChoose: (value: T) => void }) {
  const id = useId();
  const { label, value, choices, onChoose } = properties;
  return (
    <div class="place-field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value as T)}>
        {choices.map(([name, title]) => <option key={name} value={name}>{title}</option>)}
      </select>
    </div>
  );
}

function Check({ label, isOn, onChange }: { label: string; isOn: boolean; onChange: (isOn: boolean) => void }) {
  return (
    <label class="block-check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
