// Who an address is: all that is known of it, where that is from, and what it did.

import "../styles/who.css";

import { batch, signal } from "@preact/signals";

import type { Failure, ToldWhois, View } from "../api";
import { collect } from "../block/list";
import { failure, isAborted, stream } from "../call";
import { Code } from "../explain/code";
import { measured } from "../explain/figures";
import { number, plain } from "../format";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { openDialog } from "../ui/popover";
import { toast } from "../ui/toast";
import { field, filterBy, log, view } from "../view";
import { askAgain } from "./known";

type Card = NonNullable<ToldWhois["card"]>;
type Traffic = NonNullable<ToldWhois["traffic"]>;

const card = signal<Card | null>(null);
const traffic = signal<Traffic | null>(null);
const notes = signal<string[]>([]);
const trouble = signal<Failure | null>(null);
const isBusy = signal(false);
const isResolving = signal(false);
let asked: AbortController | null = null;

/** Opens the card of an address. With the field in which it stood, it can be filtered by. */
export function openCard(address: string, name: string | null): void {
  batch(() => {
    card.value = null;
    traffic.value = null;
  });
  void whois(address, false);
  openDialog(`Who is ${plain(address)}`, (close) => <WhoCard address={address} field={name} close={close} />, "who-dialog");
}

/** What is known of an address, part by part, and its traffic in what is looked at. */
export function WhoCard(properties: { address: string; field: string | null; close: () => void }) {
  const { address, field: name, close } = properties;
  const filter = (not: boolean) => {
    close();
    if (name !== null) filterBy(name, address, not);
  };
  return (
    <div class="who" aria-busy={isBusy.value}>
      <div class="who-actions">
        {name !== null && field(name) !== null && (
          <>
            <button type="button" class="button" onClick={() => filter(false)}><Icon name="plus" />All traffic of this</button>
            <button type="button" class="button" onClick={() => filter(true)}><Icon name="minus" />Only without it</button>
          </>
        )}
        <button type="button" class="button" onClick={() => {
          collect(address);
          toast(`on the block list: ${plain(address)}`);
        }}><Icon name="block" />Add to the block list</button>
        <button type="button" class="button" onClick={() => void copy(asText(address), "the card")}><Icon name="copy" />Copy</button>
      </div>
      {trouble.value !== null && <Trouble failure={trouble.value} />}
      <p class="unseen" role="status">{isBusy.value ? "asking" : card.value === null ? "" : "all that is known is shown"}</p>
      {card.value === null && isBusy.value && <p class="who-quiet">Asking what is known …</p>}
      {card.value !== null && <Parts card={card.value} />}
      {card.value !== null && <Resolve address={address} card={card.value} />}
      {notes.value.map((note) => <p key={note} class="who-quiet"><Code text={note} /></p>)}
      <TrafficOf address={address} traffic={traffic.value} />
    </div>
  );
}

/** A failure with its way out. */
export function Trouble({ failure }: { failure: Failure }) {
  return (
    <div class="panel-trouble" role="alert">
      <p><Code text={failure.message} /></p>
      {failure.hint !== null && <p class="panel-trouble-hint"><Code text={failure.hint} /></p>}
    </div>
  );
}

function Parts({ card }: { card: Card }) {
  return (
    <dl class="who-parts">
      {card.parts.map((part) => (
        <div key={part.title} class={`who-part is-${part.state}`}>
          <dt>{plain(part.title)}</dt>
          {part.state === "unknown"
            ? <dd><span class="who-state">not known</span><Remedy text={part.remedy} /></dd>
            : <dd>{plain(part.text)}{part.source !== null && <span class="who-source">{plain(part.source)}</span>}</dd>}
        </div>
      ))}
    </dl>
  );
}

/** What would make a part known. Instead of the option of a terminal's command this page has a button, which stands below. */
function Remedy({ text }: { text: string }) {
  if (text === "") return null;
  return <span class="who-source"><Code text={text.includes("--resolve") ? "“Ask the registries”, below, asks for it" : text} /></span>;
}

function Resolve({ address, card }: { address: string; card: Card }) {
  if (isResolving.value && !isBusy.value) return null;
  const isKnown = card.parts.every((part) => part.state !== "unknown");
  if (isKnown) return null;
  return (
    <div class="who-resolve">
      <button type="button" class="button" disabled={isBusy.value} onClick={() => void whois(address, true)}>Ask the registries</button>
      <p class="who-quiet">
        {`This asks the internet registry in charge (by RDAP) whose network ${plain(address)} is in, and the DNS for its name. They see that it was asked for. `
          + "All else on this card is from this machine."}
      </p>
    </div>
  );
}

function TrafficOf({ address, traffic }: { address: string; traffic: Traffic | null }) {
  if (traffic === null) return isBusy.value && log.value !== null ? <p class="who-quiet">Counting its traffic …</p> : null;
  if (traffic.roles.length === 0) return <p class="who-quiet">It made no traffic in what is looked at.</p>;
  return (
    <section class="who-traffic" aria-label={`Traffic of ${plain(address)}`}>
      <h3>Traffic in what is looked at</h3>
      {traffic.roles.map((role) => (
        <section key={role.column} class="who-role">
          <h4>{`as ${plain(role.column)}`}</h4>
          <p>
            {role.amounts.map((one) => (
              <span key={one.measure} class="who-amount"><strong>{measured(one.amount, one.unit)}</strong> {titleOf(one)}</span>
            ))}
          </p>
          {role.first !== null && <p class="who-quiet">{`from ${plain(role.first)} to ${plain(role.last ?? "")} UTC`}</p>}
          <dl class="who-values">
            {role.values.map(({ column, values }) => (
              <div key={column}>
                <dt>{plain(column)}</dt>
                <dd>{values.map(([value, count]) => (
                  <span key={value} class="who-value"><span class="who-value-text">{plain(value)}</span> <span class="who-count">{number(count)}</span></span>
                ))}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {traffic.counting !== null && <p class="who-quiet">{plain(traffic.counting)}</p>}
    </section>
  );
}

/** What an amount is called in the page: the title of its measure, as it stands in a sentence behind the amount with its unit. */
function titleOf({ measure, unit }: Traffic["roles"][number]["amounts"][number]): string {
  const title = log.value?.measures.find((one) => one.name === measure)?.title;
  if (title === undefined) return plain(measure);
  const within = plain(title).replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
  return unit === "bytes" ? within.replace(/^bytes /, "") : within;
}

async function whois(address: string, resolve: boolean): Promise<void> {
  asked?.abort();
  const controller = new AbortController();
  asked = controller;
  batch(() => {
    isBusy.value = true;
    isResolving.value = resolve;
    trouble.value = null;
    notes.value = [];
  });
  const looked: View | null = log.value === null ? null : view.peek();
  try {
    await stream<ToldWhois>("whois", { address, view: looked, resolve }, controller.signal, (told) => {
      batch(() => {
        if (told.card) card.value = told.card;
        if (told.traffic) traffic.value = told.traffic;
        if (told.end) notes.value = told.end.notes;
        if (told.error) trouble.value = told.error;
      });
    });
  } catch (error) {
    if (!isAborted(error)) trouble.value = failure(error);
  } finally {
    if (asked === controller) isBusy.value = false;
    if (resolve) askAgain(address);
  }
}

/** The card as text, for a ticket. */
function asText(address: string): string {
  const parts = (card.value?.parts ?? []).map((part) => {
    const said = part.state === "unknown" ? "not known" : plain(part.text);
    return `  ${plain(part.title).padEnd(14)}${said}${part.source === null ? "" : ` [${plain(part.source)}]`}`;
  });
  const roles = (traffic.value?.roles ?? []).map((role) => {
    const amounts = role.amounts.map((one) => `${measured(one.amount, one.unit)} ${titleOf(one)}`).join(", ");
    return `  ${"traffic".padEnd(14)}as ${plain(role.column)}: ${amounts}`;
  });
  return [plain(address), ...parts, ...roles].join("\n");
}
