// A value with its bar, and what filters by it.

import type { Value } from "../api";
import { plain } from "../format";
import { filterBy } from "../view";
import { Icon } from "../ui/icon";
import { ValueText } from "../discover/value";

/** One line of a list of values: the bar is a share of the largest, the figures stand at its end. */
export function ValueBar(properties: {
  name: string;
  value: Value;
  /** What is shown in the place of the value, such as a country's name. */
  title?: string;
  /** From 0 to 1. */
  share: number;
  figure: string;
  /** Its share of the whole, if there is one. */
  percent?: string;
  /** What is said at length of it. */
  tip: string;
}) {
  const { name, value, title, share, figure, percent, tip } = properties;
  const text = plain(title ?? value ?? "NULL");
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "i" && event.key !== "o") return;
    event.preventDefault();
    event.stopPropagation();
    filterBy(name, value, event.key === "o");
  };
  return (
    <li class="value-bar" title={tip} tabIndex={0} onKeyDown={onKeyDown} aria-keyshortcuts="i o">
      <span class="value-bar-fill" style={{ width: `${Math.max(0.4, share * 100)}%` }} />
      <span class="value-bar-text">{title === undefined ? <ValueText name={name} value={value} /> : text}</span>
      <span class="value-bar-figure">{figure}</span>
      {percent !== undefined && <span class="value-bar-figure share">{percent}</span>}
      <span class="value-bar-actions">
        <button type="button" tabIndex={-1} aria-label={`Only ${text}`} title="Only this (i)" onClick={() => filterBy(name, value)}><Icon name="plus" size={12} /></button>
        <button type="button" tabIndex={-1} aria-label={`Without ${text}`} title="Without this (o)" onClick={() => filterBy(name, value, true)}><Icon name="minus" size={12} /></button>
      </span>
    </li>
  );
}
