// Keys of the page. They never take anything from a field that one writes in.

import { useEffect, useRef } from "preact/hooks";

/** What a key does, for the list of keys. */
export const KEYS: [key: string, does: string][] = [
  ["/", "search in all columns"],
  ["t", "to the timeline: arrows move, Shift+arrows select, Enter sets, Esc clears"],
  ["f", "to the fields"],
  ["r", "to the rows"],
  ["j k ↓ ↑", "next and previous row"],
  ["Enter", "the row's detail"],
  ["i o", "keep only rows with the value under the cursor, or only those without"],
  ["c", "copy the value under the cursor, what is not seen in it as \\u{…}; with Shift as it is"],
  ["m", "the menu of the address or user agent under the cursor"],
  ["Space", "select a row; with Shift all up to it"],
  ["e", "explain what was selected"],
  ["b", "the block list"],
  ["x", "the next chart in the place of the rows"],
  ["z", "zoom to the selection"],
  ["s", "Discover or SQL"],
  ["n", "a new tab with the same view"],
  ["1 … 9", "that tab"],
  ["F2", "name the tab"],
  ["Backspace, Alt+←", "back"],
  ["Esc", "close what is open"],
  ["?", "these keys"],
];

type Keys = Record<string, (event: KeyboardEvent) => void>;

const layers: { keys: Keys }[] = [];

/** Binds keys while a component is shown. No key is bound by two components that are shown at once. */
export function useKeys(keys: Keys): void {
  const layer = useRef({ keys });
  layer.current.keys = keys;
  useEffect(() => {
    const own = layer.current;
    layers.push(own);
    return () => {
      layers.splice(layers.indexOf(own), 1);
    };
  }, []);
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isWriting(event.target)) return;
  if (document.querySelector("dialog[open], .float") !== null) return;
  for (const { keys } of layers) {
    const does = keys[event.key];
    if (does === undefined) continue;
    event.preventDefault();
    does(event);
    return;
  }
});

function isWriting(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable='true'], .cm-editor") !== null;
}
