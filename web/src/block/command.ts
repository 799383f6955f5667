// The command line that writes, tests and applies the same rule in a terminal.

import type { BlockQuestion, Span } from "../api";

/** From how many targets on they go into a file, because a command line holds only so much. */
export const LISTED_MAX = 40;

/** The file that holds the targets then. */
export const FILE = "targets.txt";

/** The command for a POSIX shell. `allowed` are the reasons that it is refused for. */
export function command(question: BlockQuestion, form: string, allowed: string[]): string {
  const { view } = question;
  const times = view === null ? null : (view.during ?? view.span);
  const option = (name: string, value: string | number | null) => (value === null ? [] : [`--${name} ${quoted(String(value))}`]);
  const isListed = question.targets.length <= LISTED_MAX;
  const parts = [
    `floodmark block --with ${quoted(question.way)}`,
    ...(isListed ? [question.targets.map(quoted).join(" ")] : [`--file ${FILE}`]),
    ...option("as", form === "cli" ? null : form),
    ...option("direction", question.direction),
    ...option("acl-id", question.acl_id),
    ...option("group-id", question.group_id),
    ...option("scope", question.scope === "regional" ? null : question.scope),
    ...option("web-acl", question.web_acl),
    ...option("resource-arn", question.resource_arn),
    ...option("name", question.name),
    ...option("limit", question.limit),
    ...option("window", question.window),
    ...(question.count_only ? ["--count"] : []),
    ...option("expires", question.expires),
    ...option("bystanders", question.bystanders),
    ...(view === null ? [] : [
      "--from PATH",
      ...option("log", view.log),
      // The rule is tested on what the timeline spans, unless a time in it is selected.
      ...option("during", times && window(times)),
      ...option("before", view.before && window(view.before)),
    ]),
    ...(allowed.length === 0 ? [] : option("allow", allowed.join(","))),
  ];
  return parts.join(" \\\n  ");
}

function window([start, end]: Span): string {
  const text = (at: number) => new Date(at).toISOString().replace(/\.000Z$/, "").replace(/(\.\d+)Z$/, "$1");
  return `${text(start)}/${text(end)}`;
}

/** A text as one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
