// Light or dark: as the system has it, unless the user says otherwise.

import { effect, signal } from "@preact/signals";

/** The choices. */
export type Theme = "system" | "light" | "dark";

const KEPT = "floodmark.theme";

function kept(): Theme {
  const name = localStorage.getItem(KEPT);
  return name === "light" || name === "dark" ? name : "system";
}

/** What the user chose. */
export const theme = signal<Theme>(kept());

const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);
system.addEventListener("change", (event) => {
  isSystemDark.value = event.matches;
});

/** Changes whenever colours do: what is drawn on a canvas has to be drawn anew. */
export const colours = signal(0);

effect(() => {
  const chosen = theme.value;
  void isSystemDark.value;
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  localStorage.setItem(KEPT, chosen);
  colours.value = colours.peek() + 1;
});

/** A colour of the theme, such as `--accent`, as a canvas takes it. */
export function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
