// Short messages at the edge of the page, told to screen readers as well.

import { signal } from "@preact/signals";

import "../styles/ui.css";

interface Toast {
  id: number;
  message: string;
  isBad: boolean;
}

/** How long a message stays, in milliseconds. */
const STAY_MS = 4000;

const toasts = signal<Toast[]>([]);
let last = 0;

/** Says something in passing; what went wrong stays longer. The message is shown as text, whatever it holds. */
export function toast(message: string, options: { isBad?: boolean } = {}): void {
  const id = (last += 1);
  const isBad = options.isBad ?? false;
  toasts.value = [...toasts.value.slice(-2), { id, message, isBad }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  }, isBad ? STAY_MS * 2 : STAY_MS);
}

/** The messages that are shown; stands once in the page. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => <div key={one.id} class={one.isBad ? "toast bad" : "toast"}>{one.message}</div>)}
    </div>
  );
}
