// An address with what is known of it, and a user agent that is a bot.

import "../styles/who.css";

import type { Known } from "../api";
import { collect } from "../block/list";
import { isAddress } from "../block/target";
import { plain } from "../format";
import { copy } from "../ui/copy";
import { type MenuEntry, openMenu } from "../ui/menu";
import { toast } from "../ui/toast";
import { field, filterBy } from "../view";
import { openCard } from "./card";
import { bot, known, label } from "./known";

/** How much of a user agent, or of what is no address, is looked at and shown in a line. */
const CHARACTERS_MAX = 400;

/**
 * An address of a field: what is known of it in a few words, and a menu of what can be done with it. In a grid with a cursor of its own,
 * `tabIndex` is -1. What is no address, such as `-` or what a client wrote into a header, is only a text.
 */
export function AddressChip({ address, field, tabIndex }: { address: string; field: string; tabIndex?: number }) {
  const shown = plain(address.slice(0, CHARACTERS_MAX));
  if (!isAddress(address)) return <span class="chip-text" title={shown}><span class="chip-agent">{shown}</span></span>;
  const told = known(address);
  return (
    <button type="button" class="chip" aria-haspopup="menu" tabIndex={tabIndex} title={told === null ? shown : `${shown}: ${wholly(told)}`}
      onClick={(event) => openMenu(event.currentTarget, shown, addressEntries(address, field))}>
      <span class="chip-address">{shown}</span>
      <KnownWords known={told} />
    </button>
  );
}

/** What is known of an address, beside an address that is shown already. */
export function KnownOf({ address }: { address: string }) {
  return <KnownWords known={isAddress(address) ? known(address) : null} />;
}

/** A user agent, with what bot it is if it is one. */
export function UserAgentChip({ userAgent }: { userAgent: string }) {
  // Whoever asks names themselves as long as they like; what they are stands at the beginning.
  const start = userAgent.slice(0, CHARACTERS_MAX);
  const name = bot(start);
  const shown = plain(start);
  return (
    <span class="chip-text" title={shown}>
      {name !== null && <span class="chip-tag bot">{plain(name)}</span>}
      <span class="chip-agent">{shown}</span>
    </span>
  );
}

/** What can be done with an address of a field. What is none is nothing for this menu: as a target it could be anything. */
export function addressEntries(address: string, name: string): MenuEntry[] {
  const told = known(address);
  const isField = field(name) !== null;
  return [
    told === null ? plain(address) : `${plain(address)} · ${wholly(told)}`,
    ...(isField
      ? ([
          { label: "All traffic of this", icon: "plus", run: () => filterBy(name, address) },
          { label: "Only without it", icon: "minus", run: () => filterBy(name, address, true) },
          null,
        ] satisfies MenuEntry[])
      : []),
    { label: "Who is it", icon: "person", run: () => openCard(address, isField ? name : null) },
    { label: "Add to the block list", icon: "block", run: () => block(address) },
    { label: "Copy the address", icon: "copy", run: () => void copy(address, plain(address)) },
  ];
}

/** Puts targets on the block list, and says so. */
export function block(...targets: string[]): void {
  collect(...targets);
  toast(targets.length === 1 ? `on the block list: ${plain(targets[0] ?? "")}` : `on the block list: ${targets.length} targets`);
}

function KnownWords({ known }: { known: Known | null }) {
  if (known === null) return null;
  const name = label(known);
  return (
    <span class="chip-known">
      {known.threat_list !== null && <span class="chip-tag threat" title={`on the threat list ${plain(known.threat_list)}`}>threat</span>}
      {known.aws_service !== null && (
        <span class="chip-tag aws">{name?.startsWith(known.aws_service) ? "AWS" : `AWS ${plain(known.aws_service)}`}</span>
      )}
      {known.country !== null && <span class="chip-tag">{plain(known.country)}</span>}
      {name !== null && <span class="chip-label">{plain(name)}</span>}
    </span>
  );
}

/** All that is known, for the tip. */
function wholly(known: Known): string {
  const parts = [
    known.label, known.interface, known.network, known.system, known.country,
    known.aws_service === null ? null : `AWS ${known.aws_service}`,
    known.threat_list === null ? null : `on the threat list ${known.threat_list}`,
  ];
  return [...new Set(parts.filter((part) => part !== null))].map(plain).join(" · ");
}
