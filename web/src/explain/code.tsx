// Sentences of the server, in which commands and names stand between backticks.

import { plain } from "../format";

/** A sentence, what stands between backticks as code. */
export function Code({ text }: { text: string }) {
  return <>{text.split("`").map((part, at) => (at % 2 === 0 ? plain(part) : <code key={at}>{plain(part)}</code>))}</>;
}
