// A value where one can act upon it: keep only rows with it, leave them out, copy it.

import type { Value } from "../api";
import { plain } from "../format";
import { copyValue } from "../ui/copy";
import { Icon } from "../ui/icon";
import { AddressChip, UserAgentChip } from "../who/chip";
import { field as known, filterBy } from "../view";

/** The longest text that is put into a line, in characters; the rest is shown in the row's detail. */
const LINE_MAX = 400;

/** A value as text: NULL has a sign of its own, an address says who it is. */
export function ValueText({ name, value }: { name: string; value: Value }) {
  if (value === null) return <span class="null" title="NULL: no value">NULL</span>;
  if (value === "") return <span class="null" title="An empty text">empty</span>;
  const kind = known(name)?.kind;
  if (kind === "address" && !name.includes("(")) return <AddressChip address={value} field={name} />;
  if (kind === "user agent" && value.length <= LINE_MAX) return <UserAgentChip userAgent={value} />;
  if (known(name)?.kind === "user agent") return <UserAgentChip userAgent={value} />;
  return <>{plain(value.length > LINE_MAX ? `${value.slice(0, LINE_MAX)}…` : value)}</>;
}

/** What the keys do with a value. */
export function valueKeys(name: string, value: Value): Record<string, () => void> {
  return { i: () => filterBy(name, value), o: () => filterBy(name, value, true), c: () => void copyValue(value ?? "", name), C: () => void copyValue(value ?? "", name, true) };
}

/** Include, exclude, copy. */
export function ValueActions({ name, value, isLarge = false }: { name: string; value: Value; isLarge?: boolean }) {
  const text = value === null ? "NULL" : plain(value.slice(0, 60));
  const size = isLarge ? 14 : 12;
  return (
    <span class="value-actions">
      <button type="button" tabIndex={-1} aria-label={`Only rows with ${name} = ${text}`} title="Only rows with this (i)"
        onClick={() => filterBy(name, value)}><Icon name="plus" size={size} /></button>
      <button type="button" tabIndex={-1} aria-label={`Only rows without ${name} = ${text}`} title="Only rows without this (o)"
        onClick={() => filterBy(name, value, true)}><Icon name="minus" size={size} /></button>
      <button type="button" tabIndex={-1} aria-label={`Copy ${text}`} title="Copy (c)"
        onClick={(event) => void copyValue(value ?? "", name, event.shiftKey)}><Icon name="copy" size={size} /></button>
    </span>
  );
}
