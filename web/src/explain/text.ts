// An explanation as text and as Markdown, for a ticket.

import type { Contributor, Explanation } from "../api";
import { number, plain, span } from "../format";
import { place } from "../view";
import { anHour, counted, factor, measured, share, spanOf } from "./figures";

/** How many values a line names, and how many characters of each. */
const VALUES = 6;
const CHARACTERS = 80;

/** What the answer is about: the measure, the time, and what that is compared with. */
export function title(answer: Explanation): string {
  if (answer.during === undefined || answer.measure === undefined) return plain(answer.log);
  const before = (answer.before ?? []).map((one) => span(spanOf(one))).join(" and ");
  return `${plain(answer.measure.title)} during ${span(spanOf(answer.during))} against ${before} (${place.value.zone})`;
}

/** A contributor in a few words: `client_ip 203.0.113.7 with domain_name api.example.com`. */
export function subject(contributor: Contributor): string {
  return contributor.conditions.map(({ column, values }) => `${plain(column)} ${named(values)}`).join(" with ");
}

/** Values in a line: the first of many, and of long ones the beginning. */
function named(values: string[]): string {
  const shown = values.slice(0, VALUES).map((value) => plain(value.length > CHARACTERS ? `${value.slice(0, CHARACTERS)}…` : value));
  return `${shown.join(", ")}${values.length > VALUES ? ` and ${values.length - VALUES} more` : ""}`;
}

/** What else there is to say of a contributor, a line each. */
export function details(contributor: Contributor): string[] {
  const { also, peculiar, clients } = contributor;
  return [
    ...also.map((one) => `${share(one.coverage)} have ${plain(one.column)} ${named(one.values)}`),
    ...peculiar.map((one) => `${plain(one.title)}: ${measured(one.value, one.unit)}, all others ${measured(one.others, one.unit)}`),
    ...(clients === null ? [] : [clientsLine(clients)]),
    ...contributor.notes.map(plain),
  ];
}

/** How many clients there were and are. */
export function clientsLine(clients: NonNullable<Contributor["clients"]>): string {
  return `${counted(clients.before, "client")} before, ${number(clients.during)} during: ${number(clients.new)} new, ${number(clients.vanished)} vanished`;
}

/** The answer as text. */
export function asText(answer: Explanation, link: string): string {
  const unit = answer.amount_unit ?? "";
  const contributors = answer.contributors.flatMap((one, at) => [
    `${at + 1}. ${subject(one)}: ${figures(one, unit).join(", ")}`,
    ...details(one).map((line) => `   ${line}`),
  ]);
  return [title(answer), "", plain(answer.sentence), "", ...contributors, ...(answer.notes ?? []).map((note) => `note: ${plain(note)}`), "", link].join("\n");
}

/** The answer as Markdown. Values of logs are escaped: they can neither be markup nor links. */
export function asMarkdown(answer: Explanation, link: string): string {
  const unit = answer.amount_unit ?? "";
  const table = answer.contributors.map((one, at) => `| ${at + 1} | ${escaped(subject(one))} | ${figures(one, unit).map(escaped).join(" | ")} |`);
  const contributors = answer.contributors.flatMap((one, at) => [
    "",
    `**${at + 1}.** ${escaped(subject(one))}`,
    "",
    ...details(one).map((line) => `- ${escaped(line)}`),
    "",
    fenced(one.sql),
  ]);
  const head = [`| | contributor | before → during${anHour(answer.measure)} | change | share |`, "| --- | --- | --- | --- | --- |"];
  const notes = (answer.notes ?? []).map((note) => `- note: ${escaped(plain(note))}`);
  return [
    `### ${escaped(title(answer))}`, "", escaped(plain(answer.sentence)), "",
    ...(table.length === 0 ? [] : [...head, ...table, ...contributors, ""]),
    ...notes, "", `<${link}>`, "",
  ].join("\n");
}

function figures(one: Contributor, unit: string): string[] {
  const rates = `${measured(one.before_per_hour, unit)} → ${measured(one.during_per_hour, unit)}`;
  return [rates, factor(one.ratio, one.before, one.during), one.share === null ? "–" : share(one.share)];
}

/** A text that is only text in Markdown. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~$&]/g, "\\$&").replace(/:\/\//g, ":\\//");
}

function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}sql\n${code}\n${fence}`;
}
