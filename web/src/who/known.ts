// What is known of addresses and user agents: asked for when they are shown, many at a time, and kept.

import { type Signal, batch, signal } from "@preact/signals";

import type { Known, Ms, Who } from "../api";
import { ask } from "../call";
import { view } from "../view";

/** How long values are collected before they are asked for together, in milliseconds. */
const COLLECT_MS = 50;

/** How many values one question holds. */
const ASKED_MAX = 500;

/** How many values are kept; those that were asked for first are forgotten first. */
const KEPT_MAX = 20_000;

/** Interfaces change their addresses: what is known holds for an hour. */
const HOUR_MS = 3_600_000;

type Kind = "address" | "user agent";

/** What is asked for together. */
interface Question {
  addresses: Set<string>;
  userAgents: Set<string>;
}

/** By kind, hour and value; null while nothing is known. */
const kept = new Map<string, Signal<Known | string | null>>();

/** What is still to be asked, by hour. */
const waiting = new Map<Ms | null, Question>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** The hour of what is looked at; null for the present. */
export function hour(): Ms | null {
  const at = view.value.during?.[0] ?? view.value.span?.[0] ?? null;
  return at === null ? null : at - (at % HOUR_MS);
}

/** What is known of an address, or null. A component that reads it is drawn again when it becomes known. */
export function known(address: string): Known | null {
  return of("address", address) as Known | null;
}

/** What bot a user agent is, such as `Googlebot · crawler`; null if it is none that is known. */
export function bot(userAgent: string): string | null {
  return of("user agent", userAgent) as string | null;
}

/** The name of an address in a few words, without what its other signs say: country, threat list. Without a name the best that there is. */
export function label(known: Known): string | null {
  const { country, threat_list } = known;
  const without = (text: string, end: string) => (text.endsWith(end) ? text.slice(0, -end.length) : text);
  let name = known.label ?? known.interface ?? known.network ?? known.system ?? "";
  if (threat_list !== null) name = without(without(name, `on threat list ${threat_list}`), "; ");
  if (country !== null) name = name === country ? "" : without(name, `, ${country}`);
  return name === "" ? null : name;
}

/** Asks again about an address, of which more may be known now. */
export function askAgain(address: string): void {
  wait("address", address, hour());
}

function of(kind: Kind, value: string): Known | string | null {
  if (value === "" || value === "-") return null;
  const at = hour();
  const key = `${kind} ${at} ${value}`;
  let found = kept.get(key);
  if (found === undefined) {
    found = signal(null);
    const oldest = kept.size >= KEPT_MAX ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(key, found);
    wait(kind, value, at);
  }
  return found.value;
}

function wait(kind: Kind, value: string, at: Ms | null): void {
  let question = waiting.get(at);
  if (question === undefined) {
    question = { addresses: new Set(), userAgents: new Set() };
    waiting.set(at, question);
  }
  (kind === "address" ? question.addresses : question.userAgents).add(value);
  timer ??= setTimeout(() => {
    timer = undefined;
    const questions = [...waiting];
    waiting.clear();
    for (const [at, { addresses, userAgents }] of questions) {
      for (const part of parts([...addresses])) void answer(part, [], at);
      for (const part of parts([...userAgents])) void answer([], part, at);
    }
  }, COLLECT_MS);
}

/** Chips go without what is known if the server cannot say it: nothing that an investigator has to act on. */
async function answer(addresses: string[], userAgents: string[], at: Ms | null): Promise<void> {
  const who = await ask<Who>("who", { addresses, user_agents: userAgents, at }).catch(() => null);
  if (who === null) {
    // Whoever is shown next is asked about again.
    for (const address of addresses) kept.delete(`address ${at} ${address}`);
    for (const userAgent of userAgents) kept.delete(`user agent ${at} ${userAgent}`);
    return;
  }
  batch(() => {
    for (const address of addresses) put(`address ${at} ${address}`, who.addresses[address]);
    for (const userAgent of userAgents) put(`user agent ${at} ${userAgent}`, who.user_agents[userAgent]);
  });
}

function put(key: string, value: Known | string | undefined): void {
  const found = kept.get(key);
  if (found !== undefined && value !== undefined) found.value = value;
}

function parts(values: string[]): string[][] {
  return Array.from({ length: Math.ceil(values.length / ASKED_MAX) }, (_, at) => values.slice(at * ASKED_MAX, (at + 1) * ASKED_MAX));
}
