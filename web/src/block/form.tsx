// How and where it is blocked.

import { useId } from "preact/hooks";

import type { Way } from "../api";
import { plain } from "../format";
import { log, start, view } from "../view";
import { targets } from "./list";
import { type Form, change, form, way } from "./question";
import { COMMON, LABELS, type PlaceField, formOf, lacking } from "./ways";

const KINDS: Record<string, string> = { network: "addresses", country: "countries", path: "paths", "user-agent": "user agents" };

/** The choice of a way, and of the place where its rule goes. */
export function WayForm() {
  const ways = start.value?.ways ?? [];
  return (
    <>
      <fieldset class="block-part ways">
        <legend>How it is blocked</legend>
        {ways.map((one) => <WayChoice key={one.name} own={one} />)}
        {way.value === null && targets.value.length > 0 && (
          <p class="advice" role="alert">No way blocks all of this at once. Take away what is of another kind, and write a rule for it by itself.</p>
        )}
      </fieldset>
      {way.value !== null && <PlaceForm name={way.value.name} />}
    </>
  );
}

function WayChoice({ own }: { own: Way }) {
  const id = useId();
  const lacks = lacking(own, targets.value);
  const isChosen = way.value?.name === own.name;
  return (
    <div class="way">
      <input type="radio" id={id} name="way" checked={isChosen} disabled={lacks.length > 0} onChange={() => change({ way: own.name })} />
      <label for={id}>
        <span class="way-title"><strong>{plain(own.name)}</strong> {plain(own.title)}</span>
        {lacks.length > 0 && <span class="quiet">{`not for ${lacks.map((kind) => KINDS[kind] ?? kind).join(" and ")}`}</span>}
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
      {said.isTested && (view.value.filters.some((one) => !one.off) || view.value.search !== "") && (
        <Check label="Only on rows that the filters keep; without this, on all, so that it is seen who else is hit" isOn={said.isFiltered}
          onChange={(isFiltered) => change({ isFiltered })} />
      )}
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
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
