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

/** How a value is written. */
type Write = (value: string) => string;

/** A contributor in a few words: `client_ip 203.0.113.7 with domain_name api.example.com`. */
export function subject(contributor: Contributor, write: Write = plain): string {
  return contributor.conditions.map(({ column, values }) => `${write(column)} ${named(values, write)}`).join(" with ");
}

/** Values in a line: the first of many, and of long ones the beginning. */
function named(values: string[], write: Write): string {
  const shown = values.slice(0, VALUES).map((value) => write(value.length > CHARACTERS ? `${value.slice(0, CHARACTERS)}…` : value));
  return `${shown.join(", ")}${values.length > VALUES ? ` and ${values.length - VALUES} more` : ""}`;
}

/** What else there is to say of a contributor, a line each; `tell` writes what is said in words. */
export function details(contributor: Contributor, write: Write = plain, tell: Write = plain): string[] {
  const { also, peculiar, clients } = contributor;
  return [
    ...also.map((one) => `${share(one.coverage)} have ${write(one.column)} ${named(one.values, write)}`),
    ...peculiar.map((one) => `${tell(one.title)}: ${measured(one.value, one.unit)}, all others ${measured(one.others, one.unit)}`),
    ...(clients === null ? [] : [clientsLine(clients)]),
    ...contributor.notes.map(tell),
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

/** The answer as Markdown. Values of logs stand in it as code: they can be neither markup nor links, and call nobody. */
export function asMarkdown(answer: Explanation, link: string): string {
  const unit = answer.amount_unit ?? "";
  const inTable = (value: string) => code(value).replaceAll("|", "\\|");
  const table = answer.contributors.map((one, at) => `| ${at + 1} | ${subject(one, inTable)} | ${figures(one, unit).join(" | ")} |`);
  const contributors = answer.contributors.flatMap((one, at) => [
    "",
    `**${at + 1}.** ${subject(one, code)}`,
    "",
    ...details(one, code, told).map((line) => `- ${line}`),
    "",
    fenced(one.sql),
  ]);
  const head = [`| | contributor | before → during${anHour(answer.measure)} | change | share |`, "| --- | --- | --- | --- | --- |"];
  const notes = (answer.notes ?? []).map((note) => `- note: ${told(note)}`);
  return [
    `### ${told(title(answer))}`, "", told(answer.sentence), "",
    ...(table.length === 0 ? [] : [...head, ...table, ...contributors, ""]),
    ...notes, "", `<${link}>`, "",
  ].join("\n");
}

function figures(one: Contributor, unit: string): string[] {
  const rates = `${measured(one.before_per_hour, unit)} → ${measured(one.during_per_hour, unit)}`;
  return [rates, factor(one.ratio, one.before, one.during), one.share === null ? "–" : share(one.share)];
}

/** A text as code of Markdown, which shows it as it is whatever it holds. */
function code(value: string): string {
  const text = plain(value);
  if (text.trim() === "") return text === "" ? "(empty)" : "(blanks)";
  const ticks = "`".repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([found]) => found.length)));
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${ticks}${space}${text}${space}${ticks}`;
}

/** A sentence of the server as Markdown: its words are text, and what could be a link or call somebody in one of them is code. */
function told(sentence: string): string {
  const words = plain(sentence).split(" ").map((word) => {
    const [, before = "", within = "", after = ""] = /^([("']*)(.*?)([)"',.;:]*)$/.exec(word) ?? [];
    return /[@#]|:\/\/|www\.|\.[a-z]/i.test(within) ? `${before}${code(within)}${after}` : escaped(word);
  });
  return words.join(" ");
}

/** A text that is only text in Markdown. */
function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|#~$&]/g, "\\$&");
}

function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}sql\n${code}\n${fence}`;
}
