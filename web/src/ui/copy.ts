// To the clipboard.

import { toast } from "./toast";

/** Copies a text and says so; `what` names it, such as `12 rows`. */
export async function copy(text: string, what = "text"): Promise<void> {
  const isCopied = await written(text);
  toast(isCopied ? `copied: ${what}` : "the browser does not let the page copy", { isBad: !isCopied });
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
