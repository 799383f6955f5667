// The targets that are collected to be blocked.

import { signal } from "@preact/signals";

/** As the command takes them: addresses, networks, countries, paths, `user-agent:…`. */
export const targets = signal<string[]>([]);

/** Adds targets that are not among them yet. */
export function collect(...added: string[]): void {
  targets.value = [...new Set([...targets.value, ...added])];
}
