// The targets that are collected to be blocked: those of this window, kept while it is open.

import { effect, signal } from "@preact/signals";

const KEPT = "floodmark.block";

/** How many targets the list holds; a rule of AWS holds no more. */
export const TARGETS_MAX = 10_000;

/** As the command takes them: addresses, networks, countries, paths, `user-agent:…`. */
export const targets = signal<string[]>(kept());

/** Adds targets that are not among them yet. */
export function collect(...added: string[]): void {
  targets.value = [...new Set([...targets.value, ...added])].slice(0, TARGETS_MAX);
}

/** Takes a target from the list. */
export function drop(target: string): void {
  targets.value = targets.value.filter((one) => one !== target);
}

/** Empties the list. */
export function clear(): void {
  targets.value = [];
}

/** The kinds of targets, as ways name what they can block. */
export type TargetKind = "network" | "country" | "path" | "user-agent";

/** What a target is, read as the command reads it. What is none of the others is taken for a network, which the server checks. */
export function kindOf(target: string): TargetKind {
  if (target.startsWith("country:") || /^[A-Z]{2}$/.test(target)) return "country";
  if (target.startsWith("path:") || target.startsWith("/") || target.startsWith("*")) return "path";
  return target.startsWith("user-agent:") ? "user-agent" : "network";
}

function kept(): string[] {
  try {
    const list: unknown = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(list) ? list.filter((one) => typeof one === "string").slice(0, TARGETS_MAX) : [];
  } catch {
    return [];
  }
}

effect(() => {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(targets.value));
  } catch {
    // What is kept there is no more than a convenience.
  }
});
