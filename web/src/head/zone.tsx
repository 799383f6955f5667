// The time zone of all times that are shown.

import { useMemo, useState } from "preact/hooks";

import { offset as offsetAt, offsetText } from "../format";
import { Icon } from "../ui/icon";
import { openPopover } from "../ui/popover";
import { go, log, place, view } from "../view";

/** How many zones the list shows; words find the others. */
const SHOWN_MAX = 60;

/** The zone of this browser. */
const OWN = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A button that tells the zone, and lets one choose another. */
export function ZoneButton() {
  return (
    <button type="button" class="button bare" aria-haspopup="dialog" title="Time zone of all times on this page"
      onClick={(event) => openPopover(event.currentTarget, "Time zone", (close) => <Zones close={close} />)}>
      <Icon name="clock" />
      <span class="zone-name">{place.value.zone}</span>
      <span class="zone-short" aria-hidden="true">{shortZone()}</span>
    </button>
  );
}

/** The zone in few characters: how far it is from UTC at the time that is looked at. */
function shortZone(): string {
  const { during, span } = view.value;
  const [at] = during ?? span ?? log.value?.span ?? [Date.now()];
  return place.value.zone === "UTC" ? "UTC" : offsetText(offsetAt(at));
}

function Zones({ close }: { close: () => void }) {
  const [words, setWords] = useState("");
  const all = useMemo(() => [...new Set(["UTC", OWN, ...Intl.supportedValuesOf("timeZone")])], []);
  const wanted = words.toLowerCase().split(/[\s/_]+/).filter((word) => word !== "");
  const found = all.filter((zone) => wanted.every((word) => zone.toLowerCase().includes(word))).slice(0, SHOWN_MAX);
  const choose = (zone: string) => {
    close();
    go({ zone }, { replaces: true });
  };
  return (
    <form class="zones" onSubmit={(event) => {
      event.preventDefault();
      if (found[0] !== undefined) choose(found[0]);
    }}>
      <label>
        Time zone
        <input type="search" value={words} placeholder="such as Vienna" onInput={(event) => setWords(event.currentTarget.value)} />
      </label>
      <div class="zone-list" role="group" aria-label="Zones">
        {found.map((zone) => (
          <button key={zone} type="button" class="menu-item" aria-pressed={zone === place.value.zone} onClick={() => choose(zone)}>
            <span class="menu-label">{zone.replaceAll("_", " ")}</span>
            <span class="menu-hint">{zone === OWN ? "this browser · " : ""}{offset(zone)}</span>
          </button>
        ))}
        {found.length === 0 && <p class="quiet">no zone of this name</p>}
      </div>
    </form>
  );
}

function offset(zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(new Date());
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  return name === "GMT" ? "+00:00" : name.replace("GMT", "");
}
