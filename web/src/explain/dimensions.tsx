// Field by field: which values the selection has more or less of than the baseline, as shares of each side.

import { useState } from "preact/hooks";

import type { Compare } from "../api";
import { isAddress, targetOf } from "../block/target";
import { amount, number, plain, text } from "../format";
import { compare, isBusy, isStale, stateOf } from "../panels";
import { AsMenu } from "../ui/as";
import { copy } from "../ui/copy";
import { type MenuEntry, MenuButton } from "../ui/menu";
import { field, filterBy, go, log, view } from "../view";
import { KnownOf, addressEntries, block } from "../who/chip";
import { tip } from "./code";
import { counted, share } from "./figures";

type Dimension = Compare["dimensions"][number];
type DimensionValue = Dimension["values"][number];

/** How many fields are shown at first, and how many values of each. */
const FIELDS = 10;
const VALUES = 5;

/** Fields that differ less than this say nothing. */
const DIFFERENCE_MIN = 0.02;

/** The bars of all fields, those that differ most first. */
export function Dimensions() {
  const [wanted, setWanted] = useState("");
  const [isWhole, setWhole] = useState(false);
  const told = compare.value;
  const { during } = view.value;
  if (during === null || told === null) return null;
  const words = wanted.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const isFound = (one: Dimension) => {
    const within = [one.name, ...one.values.map(({ value }) => text(value))].join("\n").toLowerCase();
    return words.every((word) => within.includes(word));
  };
  // Without a baseline nothing differs; what the selection consists of is shown all the same.
  const isOneSided = told.before_rows === 0 || told.during_rows === 0;
  const found = told.dimensions.filter((one) => (words.length > 0 ? isFound(one) : isOneSided || one.difference >= DIFFERENCE_MIN));
  const alike = words.length > 0 || isOneSided ? [] : told.dimensions.filter((one) => one.difference < DIFFERENCE_MIN);
  const shown = isWhole || words.length > 0 ? found : found.slice(0, FIELDS);
  return (
    <section class={isStale(told) ? "dimensions stale" : "dimensions"} aria-labelledby="dimensions-title" aria-busy={isBusy.value}>
      <div class="dimensions-head">
        <h3 id="dimensions-title">Field by field</h3>
        <input type="search" placeholder="search fields and values" aria-label="Search fields and values" value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)} />
        <AsMenu sql={told.sql} label="The comparison" />
      </div>
      <p class="shares-legend">
        <span class="legend-side"><span class="pair-swatch during" aria-hidden="true" />{`share of the selection (${counted(told.during_rows, "row")})`}</span>
        <span class="legend-side"><span class="pair-swatch before" aria-hidden="true" />{`share of the baseline (${counted(told.before_rows, "row")})`}</span>
        {stateOf(told) !== "exact" && <span class="quiet">{stateText(told)}</span>}
      </p>
      {told.before_rows === 0 && (
        <p class="advice">
          The baseline holds none of the rows that are looked at: all of the selection is new. Compare with another time, or take filters away.
        </p>
      )}
      {shown.map((one) => <DimensionBars key={one.name} dimension={one} isOneSided={isOneSided} />)}
      {found.length === 0 && <p class="quiet">{words.length > 0 ? "No field and no value has these words." : "No field differs."}</p>}
      {found.length > shown.length && (
        <button type="button" class="button" onClick={() => setWhole(true)}>{`${found.length - shown.length} more fields`}</button>
      )}
      {alike.length > 0 && <p class="quiet alike">{`Much the same on both sides: ${alike.map((one) => plain(one.name)).join(", ")}.`}</p>}
    </section>
  );
}

function stateText(told: Compare): string {
  const { sample_share } = told;
  const state = stateOf(told);
  if (isStale(told)) return isBusy.value ? "of what was looked at before; still counting" : "of what was looked at before";
  if (state === "sampled") return `a sample of ${share(sample_share ?? 1)} of all rows`;
  return isBusy.value ? "still counting" : "partial";
}

function DimensionBars({ dimension, isOneSided }: { dimension: Dimension; isOneSided: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const { name, difference, values } = dimension;
  const shown = isWhole ? values : values.slice(0, VALUES);
  const most = Math.max(...values.map((one) => Math.max(one.during_share, one.before_share)), Number.MIN_VALUE);
  const counts = [
    dimension.new_values > 0 ? `${number(dimension.new_values)} new` : null,
    dimension.vanished_values > 0 ? `${number(dimension.vanished_values)} vanished` : null,
  ].filter((part) => part !== null);
  return (
    <section class="dimension" aria-label={plain(name)}>
      <div class="dimension-head">
        <h4 title={tip(field(name)?.about ?? "")}>{plain(name)}</h4>
        <span class="dimension-words" title={`difference ${difference.toFixed(2)} (0: the same, 1: nothing in common)`}>
          {(isOneSided ? [] : [degree(difference), ...counts]).join(" · ")}
        </span>
        <MenuButton class="bare" icon="more" isBare label={`What can be done with ${plain(name)}`} entries={() => [
          { label: "Break the timeline down by it", icon: "timeline", run: () => go({ by: name }) },
          { label: "Copy the statement", icon: "code", run: () => void copy(dimension.sql, "the statement") },
        ]} />
      </div>
      <ul>
        {shown.map((one) => <ValueBars key={one.value} name={name} value={one} most={most} isOneSided={isOneSided} />)}
      </ul>
      {values.length > shown.length && (
        <button type="button" class="button bare small" onClick={() => setWhole(true)}>{`${values.length - shown.length} more values`}</button>
      )}
    </section>
  );
}

function ValueBars(properties: { name: string; value: DimensionValue; most: number; isOneSided: boolean }) {
  const { name, value: one, most, isOneSided } = properties;
  const unit = log.value?.measures.find((measure) => measure.name === view.value.measure)?.unit ?? "";
  const counts = `selection ${share(one.during_share)} (${amount(one.during, unit)}), baseline ${share(one.before_share)} (${amount(one.before, unit)})`;
  const mark = isOneSided ? null : one.before === 0 && one.during > 0 ? "new" : one.during === 0 && one.before > 0 ? "vanished" : null;
  const shown = plain(text(one.value));
  const isOfAddresses = field(name)?.kind === "address";
  return (
    <li class="value-line">
      <button type="button" class="value-button" title={`${shown}: ${counts}\nClick: only rows with it; with Alt: only rows without it`}
        aria-label={`${shown}${mark === null ? "" : `, ${mark}`}: ${counts}. Filter by it`} onClick={(event) => filterBy(name, one.value, event.altKey)}>
        <span class="value-text">
          <span class={one.value === null ? "null" : isOfAddresses ? "value-name address" : "value-name"}>{shown === "" ? "(empty)" : shown}</span>
          {isOfAddresses && one.value !== null && <KnownOf address={one.value} />}
          {mark !== null && <span class={`value-mark ${mark}`}>{mark}</span>}
        </span>
        <span class="pair">
          <span class="pair-bar during" style={{ width: `${(one.during_share / most) * 100}%` }} />
          <span class="pair-bar before" style={{ width: `${(one.before_share / most) * 100}%` }} />
        </span>
        <span class="value-shares">
          <span class="during-text">{share(one.during_share)}</span>
          <span class="before-text">{share(one.before_share)}</span>
        </span>
        <span class="value-counts">{`${amount(one.during, unit)} against ${amount(one.before, unit)}`}</span>
      </button>
      <MenuButton class="bare" icon="more" isBare label={`What can be done with ${shown}`} entries={() => valueEntries(name, one.value)} />
    </li>
  );
}

/** What can be done with a value of a field. */
function valueEntries(name: string, value: string | null): MenuEntry[] {
  const more: MenuEntry[] = [null, { label: `Break the timeline down by ${plain(name)}`, icon: "timeline", run: () => go({ by: name }) }];
  if (field(name)?.kind === "address" && value !== null && isAddress(value)) return [...addressEntries(value, name), ...more];
  const target = targetOf(name, value);
  return [
    plain(text(value)),
    { label: "Only rows with it", icon: "plus", run: () => filterBy(name, value) },
    { label: "Only rows without it", icon: "minus", run: () => filterBy(name, value, true) },
    ...(target === null ? [] : [{ label: "Add to the block list", icon: "block", run: () => block(target) } as const]),
    { label: "Copy the value", icon: "copy", run: () => void copy(text(value), "the value") },
    ...more,
  ];
}

function degree(difference: number): string {
  if (difference >= 0.5) return "very different";
  return difference >= 0.15 ? "different" : difference >= DIFFERENCE_MIN ? "a little different" : "the same";
}
