// Menus that hang on a button: one at a time, moved through by arrow keys and by the first letters of an entry.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { closeFloat, openFloat } from "./float";
import { Icon, type IconName } from "./icon";

/** An entry of a menu. Its texts are shown as text, whatever they hold. */
export interface MenuItem {
  label: string;
  run: () => void;
  icon?: IconName;
  /** What is shown dim at its end, such as a key or a count. */
  hint?: string;
  isDisabled?: boolean;
  /** Whether it is the chosen one, of entries that are a choice. */
  isChosen?: boolean;
  isDanger?: boolean;
}

/** What stands in a menu: entries, headings (a text), and lines between groups (null). */
export type MenuEntry = MenuItem | string | null;

/** Opens a menu on an element. What opens hundreds of menus, such as the cells of a table, needs no component for it. */
export function openMenu(anchor: Element, label: string, entries: MenuEntry[]): void {
  openFloat(anchor, "menu-box", (close) => <MenuList label={label} entries={entries} close={close} />);
}

/** A button with a menu; the entries are made when it opens. */
export function MenuButton(properties: {
  /** Its name for screen readers, and the tip, if it has no words of its own. */
  label: string;
  entries: () => MenuEntry[];
  class?: string;
  icon?: IconName;
  /** Whether it shows no sign that it opens something. */
  isBare?: boolean;
  isDisabled?: boolean;
  children?: ComponentChildren;
}) {
  const { label, entries, icon, children } = properties;
  const open = (event: Event) => {
    const button = event.currentTarget as HTMLElement;
    if (button.getAttribute("aria-expanded") === "true") closeFloat();
    else openMenu(button, label, entries());
  };
  return (
    <button type="button" class={`button ${properties.class ?? ""}`} aria-haspopup="menu" aria-label={children === undefined ? label : undefined}
      title={label} disabled={properties.isDisabled} onClick={open}
      onKeyDown={(event) => {
        if (event.key !== "ArrowDown") return;
        event.preventDefault();
        open(event);
      }}>
      {icon && <Icon name={icon} />}
      {children}
      {!properties.isBare && <Icon name="chevron-down" size={12} />}
    </button>
  );
}

function MenuList({ label, entries, close }: { label: string; entries: MenuEntry[]; close: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  const items = () => [...(list.current?.querySelectorAll<HTMLButtonElement>("button:not(:disabled)") ?? [])];
  useEffect(() => {
    const all = items();
    (all.find((one) => one.getAttribute("aria-checked") === "true") ?? all[0])?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = (next: number) => {
      event.preventDefault();
      all[(next + all.length) % all.length]?.focus();
    };
    event.stopPropagation();
    if (event.key === "ArrowDown") to(at + 1);
    else if (event.key === "ArrowUp") to(at - 1);
    else if (event.key === "Home") to(0);
    else if (event.key === "End") to(all.length - 1);
    else if (event.key === "Tab") close();
    else if (event.key.length === 1 && event.key !== " ") {
      const letter = event.key.toLowerCase();
      const found = [...all.slice(at + 1), ...all.slice(0, at + 1)].find((one) => one.textContent?.toLowerCase().startsWith(letter));
      found?.focus();
    }
  };
  return (
    <div ref={list} class="menu" role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {entries.map((entry, at) => {
        if (entry === null) return <hr key={at} />;
        if (typeof entry === "string") return <div key={at} class="menu-heading" role="presentation">{entry}</div>;
        return (
          <button key={at} type="button" role={entry.isChosen === undefined ? "menuitem" : "menuitemradio"}
            aria-checked={entry.isChosen} disabled={entry.isDisabled} class={entry.isDanger ? "menu-item danger" : "menu-item"}
            onClick={() => {
              close();
              entry.run();
            }}>
            <span class="menu-sign">{entry.isChosen ? <Icon name="check" /> : entry.icon && <Icon name={entry.icon} />}</span>
            <span class="menu-label">{entry.label}</span>
            {entry.hint !== undefined && <span class="menu-hint">{entry.hint}</span>}
          </button>
        );
      })}
    </div>
  );
}
