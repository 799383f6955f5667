// The head of the page: tabs, Discover or SQL, time zone, theme, and keys.

import type { Part } from "../address";
import { KEYS } from "../keys";
import { Icon } from "../ui/icon";
import { MenuButton } from "../ui/menu";
import { openDialog } from "../ui/popover";
import { go, place } from "../view";
import { Tabs } from "./tabs";
import { type Theme, theme } from "./theme";
import { ZoneButton } from "./zone";

const PARTS: [Part, string][] = [["discover", "Discover"], ["sql", "SQL"]];
const THEMES: [Theme, string, "system" | "sun" | "moon"][] = [["system", "As the system", "system"], ["light", "Light", "sun"], ["dark", "Dark", "moon"]];

/** The head of the page. */
export function Head() {
  const sign = THEMES.find(([name]) => name === theme.value)?.[2] ?? "system";
  return (
    <header class="head">
      <h1 class="brand"><img src="icon.svg" alt="" width="18" height="18" /> <span>Floodmark</span></h1>
      <nav class="switch" aria-label="Parts">
        {PARTS.map(([part, title]) => (
          <button key={part} type="button" aria-current={place.value.part === part ? "page" : undefined} onClick={() => go({ part })}>{title}</button>
        ))}
      </nav>
      <Tabs />
      <div class="head-end">
        <ZoneButton />
        <MenuButton label={`Theme: ${theme.value}`} class="bare" icon={sign} isBare
          entries={() => THEMES.map(([name, label, icon]) => ({ label, icon, isChosen: theme.value === name, run: () => (theme.value = name) }))} />
        <button type="button" class="button bare" aria-label="Keys" title="Keys (?)" onClick={showKeys}><Icon name="help" /></button>
      </div>
    </header>
  );
}

/** Shows the list of keys. */
export function showKeys(): void {
  openDialog("Keys", () => (
    <table class="keys">
      <tbody>
        {KEYS.map(([key, does]) => (
          <tr key={key}>
            <th scope="row">{key.split(" ").map((one) => (/^[…,]$/.test(one) ? one : <kbd key={one}>{one}</kbd>))}</th>
            <td>{does}</td>
          </tr>
        ))}
      </tbody>
    </table>
  ));
}
