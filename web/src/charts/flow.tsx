// Where traffic goes: bands from the values of one field to those of the next.

import { sankey, sankeyLinkHorizontal } from "d3-sankey";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Field, Filter, Groups, Log, Value } from "../api";
import { narrow } from "../explain/filters";
import { amount, number, percent, plain, short } from "../format";
import { log, measure } from "../view";
import { Empty, Frame } from "./frame";
import { groupsOf, useWant } from "./want";

/** How many values a side has; all others are one. */
const SIDE_MAX = 15;

/** How many pairs of values are asked for: more than two sides can show. */
const PAIRS_MAX = 400;

/** How many rows the table of a flow has. */
const LISTED_MAX = 100;

/** The least height that a value takes, so that labels never overlap, in CSS pixels. */
const ROW_PX = 24;

/** Fields between client and target that say where a request came in, the likeliest first. */
const RESOURCES = [
  "elb", "interface_id", "webaclid", "distributionid", "x_edge_location", "x_host_header", "host_header", "api_id", "bucket_name", "bucket", "domain_name",
  "firewall_name", "vpc_id", "transit_gateway_id", "tgw_id", "query_name",
];

/** A value in a column of the diagram. */
interface Place {
  id: string;
  column: number;
  field: string;
  /** Null is NULL; undefined stands for all others. */
  value: Value | undefined;
  amount: number;
}

interface Band {
  source: string;
  target: string;
  value: number;
}

/** The fields that are drawn until others are chosen. */
export function usualFields(log: Log): string[] {
  const resource = RESOURCES.find((name) => log.fields.some((field) => field.name === name));
  const others = log.fields.filter((field) => ["category", "port", "domain", "HTTP status"].includes(field.kind)).map((field) => field.name);
  // What a proxy says of who asked is nobody who is asked. Where no address is asked, the name that was asked for stands there.
  const target = log.target?.startsWith("x_forwarded") ? null : log.target;
  const domain = log.fields.find((field) => field.kind === "domain" && field.source === "column")?.name ?? null;
  const wanted = [log.client, resource ?? null, target ?? domain].filter((name) => name !== null);
  for (const name of others) {
    if (wanted.length >= 2) break;
    if (!wanted.includes(name)) wanted.push(name);
  }
  return [...new Set(wanted)].slice(0, 3);
}

/** The flow diagram. */
export function FlowChart() {
  const of = log.value;
  const [chosen, choose] = useState<{ log: string; fields: string[] } | null>(null);
  const fields = of === null ? [] : chosen?.log === of.name ? chosen.fields : usualFields(of);
  useWant(fields.length > 1 ? { groups: wanted(fields) } : {});
  const told = groupsOf(fields);
  const unit = measure.value?.unit ?? "";
  const graph = useMemo(() => told && graphOf(fields, told.panel), [told?.panel]);
  if (of === null) return null;
  const tools = (
    <div class="chart-choice">
      {[0, 1, 2].map((at) => (
        <label key={at}>
          <span class="unseen">{["From", "Through", "To"][at]}</span>
          {at > 0 && <span aria-hidden="true" class="chart-arrow">→</span>}
          <select value={fields[at] ?? ""} onChange={(event) => {
            const next = [...fields];
            next[at] = event.currentTarget.value;
            choose({ log: of.name, fields: [...new Set(next.filter((name) => name !== ""))] });
          }}>
            {(at > 1 || fields[at] === undefined) && <option value="">nothing</option>}
            {choices(of.fields).map((field) => <option key={field.name} value={field.name} disabled={fields.includes(field.name) && fields[at] !== field.name}>{plain(field.name)}</option>)}
          </select>
        </label>
      ))}
    </div>
  );
  const figures = told === null ? undefined : {
    heads: [...fields, measure.value?.title ?? "amount"],
    rows: told.group.rows.slice(0, LISTED_MAX).map((row) => [...row.values.map((value) => value ?? "NULL"), unit === "" ? number(row.amount) : amount(row.amount, unit)]),
  };
  const total = graph === null ? 0 : graph.places.filter((one) => one.column === 0).reduce((sum, one) => sum + one.amount, 0);
  return (
    <Frame title="Flow" panel={told?.panel ?? null} sql={told?.group.sql ?? ""} tools={tools} {...(figures === undefined ? {} : { figures })}>
      {fields.length < 2 && <Empty><p>Choose two or three fields above: from, through, to.</p></Empty>}
      {graph !== null && total === 0 && <Empty><p>No row lies in what is selected.</p></Empty>}
      {graph !== null && total > 0 && <Diagram graph={graph} unit={unit} total={total} fields={fields} />}
    </Frame>
  );
}

function choices(fields: Field[]): Field[] {
  return fields.filter((field) => !["quantity", "time", "nested"].includes(field.kind));
}

/** Each side's largest values, the pairs of neighbouring sides, and whole ways for the table. */
function wanted(fields: string[]): { fields: string[]; top: number }[] {
  const pairs = fields.slice(1).map((name, at) => ({ fields: [fields[at] ?? "", name], top: PAIRS_MAX }));
  return [...fields.map((name) => ({ fields: [name], top: SIDE_MAX + 1 })), ...pairs, ...(fields.length > 2 ? [{ fields, top: LISTED_MAX }] : [])];
}

/**
 * The places and bands of a flow. Sides are counted by themselves, so that each is whole: what the pairs that came do not explain of a
 * value goes to or comes from all others.
 */
export function graphOf(fields: string[], panel: Groups): { places: Place[]; bands: Band[] } {
  const group = (names: string[]) => panel.groups.find((one) => JSON.stringify(one.fields) === JSON.stringify(names));
  const sides = fields.map((field, column) => sideOf(field, column, group([field])));
  const bands: Band[] = [];
  for (let column = 1; column < sides.length; column++) {
    const [left, right] = [sides[column - 1] ?? [], sides[column] ?? []];
    const amounts = new Map<string, number>();
    for (const row of group([fields[column - 1] ?? "", fields[column] ?? ""])?.rows ?? []) {
      const source = left.find((place) => place.value === (row.values[0] ?? null));
      const target = right.find((place) => place.value === (row.values[1] ?? null));
      if (source && target) amounts.set(source.id + target.id, row.amount);
    }
    const shown = (places: Place[]) => places.filter((place) => place.value !== undefined);
    const others = (places: Place[]) => places.find((place) => place.value === undefined);
    const band = (source: Place | undefined, target: Place | undefined, value: number) => {
      if (source && target && value > 0) bands.push({ source: source.id, target: target.id, value });
    };
    const between = (source: Place, target: Place) => amounts.get(source.id + target.id) ?? 0;
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    for (const source of shown(left)) {
      for (const target of shown(right)) band(source, target, between(source, target));
      band(source, others(right), source.amount - sum(shown(right).map((target) => between(source, target))));
    }
    for (const target of shown(right)) band(others(left), target, target.amount - sum(shown(left).map((source) => between(source, target))));
    const toOthers = sum(bands.filter((one) => one.target === others(right)?.id).map((one) => one.value));
    band(others(left), others(right), (others(right)?.amount ?? 0) - toOthers);
  }
  return { places: sides.flat().filter((place) => bands.some((one) => one.source === place.id || one.target === place.id)), bands };
}

function sideOf(field: string, column: number, group: Groups["groups"][number] | undefined): Place[] {
  const rows = (group?.rows ?? []).filter((row) => row.amount > 0);
  const shown = rows.slice(0, group !== undefined && group.distinct > SIDE_MAX + 1 ? SIDE_MAX : SIDE_MAX + 1);
  const left = rows.slice(shown.length).reduce((sum, row) => sum + row.amount, group?.others ?? 0);
  const place = (value: Value | undefined, amount: number): Place => {
    const key = value === undefined ? 0 : value === null ? null : [value];
    return { id: JSON.stringify([column, key]), column, field, value, amount };
  };
  // Pairs that did not come leave something over even where all values are shown, if rarely.
  return [...shown.map((row) => place(row.values[0] ?? null, row.amount)), place(undefined, left)];
}

function Diagram({ graph, unit, total, fields }: { graph: { places: Place[]; bands: Band[] }; unit: string; total: number; fields: string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const sizes = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  const most = Math.max(...fields.map((_, column) => graph.places.filter((one) => one.column === column).length));
  const height = Math.max(200, size.height - 30, most * ROW_PX);
  const side = Math.min(240, Math.max(120, size.width * 0.22));
  const drawn = useMemo(() => (size.width === 0 ? null : layout(graph, size.width, height, side)), [graph, size.width, height, side]);
  const [chosen, setCursor] = useState("");
  const cursor = graph.places.some((one) => one.id === chosen) ? chosen : graph.places[0]?.id ?? "";
  const figure = (value: number) => `${unit === "" ? number(value) : amount(value, unit)}, ${percent(value / total)}`;
  return (
    <div ref={box} class="flow">
      <div class="flow-heads" aria-hidden="true">
        {fields.map((name, at) => (
          <span key={name} style={at === 0 ? { width: `${side}px`, textAlign: "end" } : { left: `${side + ((size.width - 2 * side) * at) / (fields.length - 1) - (at === fields.length - 1 ? 4 : 0)}px` }}>
            {plain(name)}
          </span>
        ))}
      </div>
      {drawn && (
        <svg width={size.width} height={height} role="group" aria-label={`From ${fields.join(" to ")}: bands are as wide as their amounts; arrow keys move, Enter filters`}>
          <g class="flow-bands">
            {drawn.links.map((link, at) => {
              const [source, target] = [link.source as unknown as Place, link.target as unknown as Place];
              return (
                <path key={at} d={sankeyLinkHorizontal()(link) ?? ""} stroke-width={Math.max(1, link.width ?? 1)}
                  class={source.value === undefined && target.value === undefined ? "others" : ""}
                  onClick={() => filter([source, target])}>
                  <title>{`${nameOf(source)} → ${nameOf(target)}\n${figure(link.value)}`}</title>
                </path>
              );
            })}
          </g>
          {drawn.nodes.map((node) => {
            const { x0 = 0, x1 = 0, y0 = 0, y1 = 0 } = node;
            const isFirst = node.column === 0;
            const middle = (y0 + y1) / 2;
            const isOthers = node.value_ === undefined;
            const figured = brief(node.amount, unit);
            // A label and its figure stay within their side; the whole value is told on hover and by screen readers.
            const characters = Math.max(8, Math.floor((side - 20 - figured.length * 6) / 6.4));
            const text = isOthers ? "all others" : plain(node.value_ ?? "NULL");
            return (
              <g key={node.id} class={isOthers ? "flow-place others" : "flow-place"} role="button" tabIndex={node.id === cursor ? 0 : -1} aria-disabled={isOthers} data-id={node.id} onFocus={() => setCursor(node.id)}
                aria-label={`${node.field} ${text}: ${figure(node.amount)}; filters by it`}
                onClick={() => filter([node.place])}
                onKeyDown={(event) => {
                  const to = besides(drawn.nodes, node, event.key);
                  if (event.key !== "Enter" && to === null) return;
                  event.preventDefault();
                  event.stopPropagation();
                  if (to === null) filter([node.place]);
                  else event.currentTarget.parentElement?.querySelector<SVGGElement>(`[data-id="${CSS.escape(to)}"]`)?.focus();
                }}>
                <title>{`${text.slice(0, 400)}\n${figure(node.amount)}`}</title>
                <rect x={x0} y={y0} width={x1 - x0} height={Math.max(1.5, y1 - y0)} rx="1" />
                <text x={isFirst ? x0 - 6 : x1 + 6} y={middle} dy="0.35em" text-anchor={isFirst ? "end" : "start"}>
                  {shortened(text, characters)}
                  <tspan class="flow-figure" dx="6">{figured}</tspan>
                </text>
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

/** A text of at most so many characters, cut in its middle: ids and user agents begin alike, and differ at their ends. */
export function shortened(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = Math.floor((characters - 1) / 2);
  return `${text.slice(0, characters - 1 - end)}…${text.slice(-end)}`;
}

function brief(value: number, unit: string): string {
  return unit === "" ? short(value) : amount(value, unit);
}

/** The place that an arrow key goes to; null if the key is none, or nothing lies there. */
function besides(nodes: { id: string; column: number; y0?: number; y1?: number }[], from: { column: number; y0?: number; y1?: number }, key: string): string | null {
  const middle = (node: { y0?: number; y1?: number }) => ((node.y0 ?? 0) + (node.y1 ?? 0)) / 2;
  const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (step === undefined) return null;
  const [sideways = 0, down = 0] = step;
  const found = nodes
    .filter((node) => node.column === from.column + sideways && (down === 0 || (middle(node) - middle(from)) * down > 0))
    .sort((one, other) => Math.abs(middle(one) - middle(from)) - Math.abs(middle(other) - middle(from)));
  return found[0]?.id ?? null;
}

function layout(graph: { places: Place[]; bands: Band[] }, width: number, height: number, side: number) {
  const make = sankey<Place & { place: Place; value_: Value | undefined }, Band>()
    .nodeId((place) => place.id)
    .nodeAlign((node) => node.column)
    .nodeSort((one, other) => Number(one.value_ === undefined) - Number(other.value_ === undefined) || other.amount - one.amount)
    .nodeWidth(10)
    .nodePadding(ROW_PX - 8)
    .extent([[side, 8], [width - side, height - 8]]);
  // The layout writes into what it is given, `value` among it: the place's own value goes by another name.
  const nodes = graph.places.map((place) => ({ ...place, place, value_: place.value }));
  const { nodes: drawn, links } = make({ nodes: nodes as never, links: graph.bands.map((band) => ({ ...band })) });
  return { nodes: drawn, links: links.map((link) => ({ ...link, source: link.source, target: link.target })) };
}

function nameOf(place: Place | { place: Place }): string {
  const { value } = "place" in place ? place.place : place;
  return value === undefined ? "all others" : plain((value ?? "NULL").slice(0, 200));
}

/** Filters by the values of some places; those that stand for all others say nothing. */
function filter(places: (Place | { place: Place })[]): void {
  const own = places.map((one) => ("place" in one ? one.place : one));
  const filters = own.flatMap(({ field, value }): Filter[] => (value === undefined ? [] : [{ field, op: "is", values: [value] }]));
  if (filters.length > 0) narrow(filters);
}
