// Texts of the server: sentences in which commands and names stand between backticks, rules, commands.

import { plain } from "../format";

/** A sentence, what stands between backticks as code. */
export function Code({ text }: { text: string }) {
  return <>{text.split("`").map((part, at) => (at % 2 === 0 ? plain(part) : <code key={at}>{plain(part)}</code>))}</>;
}

/** A sentence as a tip, in which nothing can look like code. */
export function tip(text: string): string {
  return plain(text.replaceAll("`", ""));
}

/** A text of several lines, such as a rule or a statement; what cannot be seen in it is written as its number. */
export function lines(text: string): string {
  return text.split(/([\n\t])/).map((part) => (part === "\n" || part === "\t" ? part : plain(part))).join("");
}
