// Small forms that hang on a button, and dialogs in the middle of the page.

import { type ComponentChild, render } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { closeFloat, openFloat } from "./float";
import { Icon } from "./icon";

/** Opens a small form on an element; the first field that can take it gets the focus. */
export function openPopover(anchor: Element, label: string, content: (close: () => void) => ComponentChild): void {
  openFloat(anchor, "popover-box", (close) => <Popover label={label}>{content(close)}</Popover>);
}

function Popover({ label, children }: { label: string; children: ComponentChild }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = box.current?.querySelector<HTMLElement>("[autofocus], input, select, textarea, button");
    (first ?? box.current)?.focus();
  }, []);
  return <div ref={box} class="popover" role="dialog" aria-label={label} tabIndex={-1}>{children}</div>;
}

/** Opens a dialog; the page behind it waits. Its content may close it. */
export function openDialog(title: string, content: (close: () => void) => ComponentChild, className = ""): void {
  closeFloat();
  const focused = document.activeElement;
  const dialog = document.createElement("dialog");
  dialog.className = `dialog ${className}`;
  dialog.setAttribute("aria-label", title);
  document.body.append(dialog);
  const close = () => dialog.close();
  dialog.addEventListener("close", () => {
    render(null, dialog);
    dialog.remove();
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
  });
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) close();
  });
  render(
    <div class="dialog-body">
      <header class="dialog-head">
        <h2>{title}</h2>
        <button type="button" class="button bare" aria-label="Close" title="Close (Esc)" onClick={close}><Icon name="close" /></button>
      </header>
      {content(close)}
    </div>,
    dialog,
  );
  dialog.showModal();
}
