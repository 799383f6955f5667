// What the panels at the side share: where the focus goes when one opens, and when it closes.

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** Whether somebody has done anything on the page. */
let isUsed = false;
for (const event of ["keydown", "pointerdown"]) addEventListener(event, () => (isUsed = true), { capture: true, once: true });

/** Moves the focus to the heading of a panel that somebody opened, and back to where it was when the panel closes. */
export function usePanelFocus(heading: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    // A panel that the page's address opened takes the focus from nobody.
    if (!isUsed) return;
    const before = document.activeElement;
    const panel = heading.current?.parentElement?.parentElement;
    heading.current?.focus({ preventScroll: true });
    return () => {
      const isWithin = document.activeElement === document.body || panel?.contains(document.activeElement);
      if (isWithin && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
}
