// To the clipboard.

import { plain } from "../format";
import { toast } from "./toast";

/** Copies a text and says so; `what` names it, such as `12 rows`. */
export async function copy(text: string, what = "text"): Promise<void> {
  const isCopied = await written(text);
  toast(isCopied ? `copied: ${what}` : "the browser does not let the page copy", { isBad: !isCopied });
}

/** Copies a value of a log. What cannot be seen in it, such as an end of line that a terminal would take for Enter, is written as its number, unless it shall be copied `asIs`. */
export async function copyValue(value: string, what: string, asIs = false): Promise<void> {
  const shown = asIs ? value : plain(value);
  await copy(shown, shown === value ? what : `${what}, with unseen characters as \\u{…}; with Shift as it is`);
}

async function written(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return selected(text);
  }
}

/** The way of browsers that have no clipboard for pages without TLS. */
function selected(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
