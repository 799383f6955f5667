// Which areas are shown, and how large: remembered by this browser.

import { effect, signal } from "@preact/signals";

/** What is remembered. Sizes are in CSS pixels. */
export interface Layout {
  hasFields: boolean;
  hasTimeline: boolean;
  fieldsWidth: number;
  sideWidth: number;
  timelineHeight: number;
  isDense: boolean;
}

const KEPT = "floodmark.layout";
const USUAL: Layout = { hasFields: true, hasTimeline: true, fieldsWidth: 250, sideWidth: 480, timelineHeight: 150, isDense: true };

function kept(): Layout {
  try {
    const held = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Partial<Record<keyof Layout, unknown>>;
    const own = Object.entries(USUAL).map(([name, usual]) => {
      const one = held[name as keyof Layout];
      return [name, typeof one === typeof usual ? one : usual];
    });
    return Object.fromEntries(own) as Layout;
  } catch {
    return USUAL;
  }
}

/** How the page is laid out. */
export const layout = signal<Layout>(kept());

/** Lays the page out otherwise. */
export function lay(change: Partial<Layout>): void {
  layout.value = { ...layout.value, ...change };
}

effect(() => {
  localStorage.setItem(KEPT, JSON.stringify(layout.value));
});

/** Whether the window is so narrow that fields and side panels lie over the rows. */
export const isNarrow = signal(false);

const narrow = matchMedia("(max-width: 960px)");
isNarrow.value = narrow.matches;
narrow.addEventListener("change", (event) => {
  isNarrow.value = event.matches;
});

/** Whether the fields are pulled out, in a narrow window. */
export const hasDrawer = signal(false);
