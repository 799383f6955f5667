// Boxes that hang on an element: where they stand, and when they close.

import { type ComponentChild, render } from "preact";

import "../styles/ui.css";

/** Space that is left between a box and the window's edge, in CSS pixels. */
const MARGIN = 8;

let closeOpen: (() => void) | null = null;

/** Closes the box that is open, if one is. */
export function closeFloat(): void {
  closeOpen?.();
}

/**
 * Shows a box below an element, or above it where there is more room, wholly within the window. It closes by Escape, a click
 * elsewhere, or what it calls itself; the focus then goes back to where it was.
 */
export function openFloat(anchor: Element, className: string, content: (close: () => void) => ComponentChild): void {
  closeFloat();
  const focused = document.activeElement;
  const box = document.createElement("div");
  box.className = `float ${className}`;
  // A dialog that is open makes all that is outside of it inert.
  (anchor.closest("dialog[open]") ?? document.body).append(box);
  const watch = new AbortController();
  const close = () => {
    if (closeOpen !== close) return;
    closeOpen = null;
    watch.abort();
    sizes.disconnect();
    const hadFocus = box.contains(document.activeElement) || document.activeElement === document.body;
    render(null, box);
    box.remove();
    anchor.removeAttribute("aria-expanded");
    if (hadFocus && focused instanceof HTMLElement && focused.isConnected) focused.focus();
  };
  closeOpen = close;
  anchor.setAttribute("aria-expanded", "true");
  const sizes = new ResizeObserver(() => put(box, anchor));
  render(content(close), box);
  put(box, anchor);
  sizes.observe(box);
  const { signal } = watch;
  addEventListener("pointerdown", (event) => {
    const target = event.target as Node;
    if (!box.contains(target) && !anchor.contains(target)) close();
  }, { signal, capture: true });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    close();
  }, { signal, capture: true });
  addEventListener("resize", close, { signal });
  addEventListener("scroll", (event) => {
    if (!box.contains(event.target as Node)) put(box, anchor);
  }, { signal, capture: true, passive: true });
}

function put(box: HTMLElement, anchor: Element): void {
  const place = anchor.getBoundingClientRect();
  const below = innerHeight - place.bottom - MARGIN;
  const above = place.top - MARGIN;
  const isBelow = below >= Math.min(box.scrollHeight, 280) || below >= above;
  box.style.maxHeight = `${Math.max(120, isBelow ? below : above)}px`;
  box.style.maxWidth = `${innerWidth - 2 * MARGIN}px`;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(MARGIN, Math.min(place.left, innerWidth - width - MARGIN))}px`;
  box.style.top = `${Math.max(MARGIN, isBelow ? place.bottom + 2 : place.top - height - 2)}px`;
}
