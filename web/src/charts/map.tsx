// Where traffic comes from: countries in shades, on a map that is drawn here, without tiles and without asking anybody.

import { geoEqualEarth, geoGraticule10, geoPath } from "d3-geo";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { useMemo, useRef, useState } from "preact/hooks";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import world from "world-atlas/countries-50m.json";

import { amount, number, percent, plain } from "../format";
import { filterBy, log, measure } from "../view";
import { countryName, lettersOf } from "./countries";
import { Empty, Frame } from "./frame";
import { ScaleLegend, scaleOf, shade, shadeOf } from "./scale";
import { ValueBar } from "./value_bar";
import { groupsOf, useWant } from "./want";

/** The size that the map is laid out in; it is shown in any. */
const WIDTH = 960;
const HEIGHT = 470;

/** Countries that are drawn smaller than this also have a dot, in units of the map. */
const DOT_AREA_MAX = 14;

/** How many countries stand in the list. */
const LISTED_MAX = 30;

/** A country as it is drawn. */
interface Shape {
  letters: string | null;
  name: string;
  path: string;
  /** Where its dot stands, if it is small. */
  dot: [number, number] | null;
}

let drawn: { shapes: Shape[]; sphere: string; grid: string } | null = null;

/** The shapes of the world, laid out once. */
function shapes(): NonNullable<typeof drawn> {
  if (drawn !== null) return drawn;
  const topology = world as unknown as Topology<{ countries: GeometryCollection<{ name: string }> }>;
  const countries = feature(topology, topology.objects.countries) as FeatureCollection<Geometry, { name: string }>;
  const projection = geoEqualEarth().fitExtent([[2, 2], [WIDTH - 2, HEIGHT - 2]], { type: "Sphere" });
  const path = geoPath(projection).digits(1);
  const all = countries.features.filter((one) => one.properties.name !== "Antarctica").map((one: Feature<Geometry, { name: string }>): Shape => ({
    letters: lettersOf(one.id, one.properties.name),
    name: one.properties.name,
    path: path(one) ?? "",
    dot: path.area(one) < DOT_AREA_MAX ? path.centroid(one) : null,
  }));
  drawn = { shapes: all, sphere: path({ type: "Sphere" }) ?? "", grid: path(geoGraticule10()) ?? "" };
  return drawn;
}

/** The map by country. */
export function MapChart() {
  const facts = (log.value?.fields ?? []).filter((field) => /^country\(/.test(field.name));
  const usual = facts.find((field) => field.name === `country(${log.value?.client})`) ?? facts[0];
  const [chosen, choose] = useState<string | null>(null);
  const name = facts.find((field) => field.name === chosen)?.name ?? usual?.name ?? null;
  useWant(name === null ? {} : { groups: [{ fields: [name], top: 260 }] });
  const told = name === null ? null : groupsOf([name]);
  const unit = measure.value?.unit ?? "";
  const rows = told?.group.rows ?? [];
  const total = rows.reduce((sum, row) => sum + row.amount, 0) + (told?.group.others ?? 0);
  const figure = (value: number) => (unit === "" ? number(value) : amount(value, unit));
  const tools = facts.length > 1 && (
    <label>
      <span class="unseen">Country of</span>
      <select value={name ?? ""} onChange={(event) => choose(event.currentTarget.value)}>
        {facts.map((field) => <option key={field.name} value={field.name}>{plain(field.name)}</option>)}
      </select>
    </label>
  );
  const figures = {
    heads: ["Country", "Code", measure.value?.title ?? "amount", "Share"],
    rows: rows.map((row) => [titleOf(row.values[0] ?? null), row.values[0] ?? "NULL", figure(row.amount), percent(row.amount / total)]),
  };
  if (name === null) {
    return (
      <Frame title="Map" panel={null} sql="">
        <Empty>
          <p><strong>No map yet: which country an address is in is not known here.</strong></p>
          <p>
            {log.value?.client === null
              ? "This log has no address of who asks."
              : <>A file that tells is fetched once, and then read from this machine alone: run <code>floodmark data update</code>, and start this page again.</>}
          </p>
        </Empty>
      </Frame>
    );
  }
  return (
    <Frame title="Map" panel={told?.panel ?? null} sql={told?.group.sql ?? ""} tools={tools} {...(told === null ? {} : { figures })}>
      <div class="map">
        <World name={name} amounts={new Map(rows.map((row) => [row.values[0] ?? "", row.amount]))} unit={unit} total={total} />
        <section class="map-list" aria-label="Countries">
          <ol class="value-bars">
            {rows.slice(0, LISTED_MAX).map((row, at) => {
              const value = row.values[0] ?? null;
              const share = total === 0 ? 0 : row.amount / total;
              return (
                <ValueBar key={at} name={name} value={value} title={titleOf(value)} share={rows[0] ? row.amount / rows[0].amount : 0}
                  figure={amount(row.amount, unit)} percent={percent(share)} tip={`${titleOf(value)}: ${figure(row.amount)}, ${percent(share)}`} />
              );
            })}
          </ol>
          <Undrawn countries={rows.map((row) => row.values[0] ?? "")} />
          {rows.length > LISTED_MAX && <p class="chart-quiet">{`${number(rows.length - LISTED_MAX)} more: see the table`}</p>}
        </section>
      </div>
    </Frame>
  );
}

/** Names countries, such as small islands, that the map has no shape of. */
function Undrawn({ countries }: { countries: string[] }) {
  const drawn = new Set(shapes().shapes.map(({ letters }) => letters));
  const left = countries.filter((letters) => letters !== "" && !drawn.has(letters));
  return left.length === 0 ? null : <p class="chart-quiet">{`too small for the map: ${left.map(titleOf).join(", ")}`}</p>;
}

function titleOf(letters: string | null): string {
  return letters === null || letters === "" ? "no country known" : plain(countryName(letters));
}

/** Where the pointer or the focus is, in shares of the map. */
interface Pointed {
  letters: string;
  x: number;
  y: number;
}

function World({ name, amounts, unit, total }: { name: string; amounts: Map<string, number>; unit: string; total: number }) {
  const { shapes: all, sphere, grid } = useMemo(shapes, []);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const scale = scaleOf(all.flatMap(({ letters }) => (letters === null ? [] : [amounts.get(letters) ?? 0])));
  const say = (letters: string) => {
    const value = amounts.get(letters) ?? 0;
    return `${titleOf(letters)}: ${value === 0 ? "none" : `${unit === "" ? number(value) : amount(value, unit)}, ${percent(total === 0 ? 0 : value / total)}`}`;
  };
  const box = useRef<HTMLDivElement>(null);
  const paths = useRef(new Map<string, SVGPathElement>());
  // From the largest on, as in the list.
  const ranked = [...amounts.keys()].filter((letters) => paths.current.has(letters) || all.some((one) => one.letters === letters));
  const point = (letters: string, x: number, y: number) => {
    const whole = box.current?.getBoundingClientRect();
    if (whole) setPointed({ letters, x: (x - whole.left) / whole.width, y: (y - whole.top) / whole.height });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = ranked.indexOf(pointed?.letters ?? "");
    const step = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: ranked.length - 1 }[event.key];
    const letters = step === undefined ? pointed?.letters : ranked[Math.max(0, Math.min(ranked.length - 1, step))];
    if (letters === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (step !== undefined) {
      const own = paths.current.get(letters)?.getBoundingClientRect();
      if (own) point(letters, own.left + own.width / 2, own.top + own.height / 2);
    } else if (event.key === "Enter" || event.key === "i" || event.key === "o") {
      filterBy(name, letters, event.key === "o");
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const acts = (letters: string) => ({
    onPointerMove: (event: PointerEvent) => point(letters, event.clientX, event.clientY),
    onPointerLeave: () => setPointed(null),
    ...((amounts.get(letters) ?? 0) > 0 ? { onClick: () => filterBy(name, letters) } : {}),
  });
  return (
    <div class="map-world" ref={box}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="application" aria-roledescription="map" tabIndex={0} onKeyDown={onKeyDown} onBlur={() => setPointed(null)}
        aria-label="Map by country: arrow keys go from the largest on, Enter keeps only the country, o leaves it out">
        <path class="map-sea" d={sphere} />
        <path class="map-grid" d={grid} />
        {all.map(({ letters, name: own, path }) => {
          const at = letters === null ? -1 : shadeOf(scale, amounts.get(letters) ?? 0);
          const state = `${at >= 0 ? " there" : ""}${letters !== null && pointed?.letters === letters ? " pointed" : ""}`;
          return (
            <path key={own} class={`map-country${state}`} data-country={letters} d={path} style={{ fill: shade(scale, at) }}
              ref={(element: SVGPathElement | null) => void (letters !== null && element !== null && paths.current.set(letters, element))}
              {...(letters === null ? {} : acts(letters))} />
          );
        })}
        {all.flatMap(({ letters, name: own, dot }) => {
          if (letters === null || dot === null || !amounts.get(letters)) return [];
          const fill = shade(scale, shadeOf(scale, amounts.get(letters) ?? 0));
          return [<circle key={own} class={pointed?.letters === letters ? "map-dot pointed" : "map-dot"} cx={dot[0]} cy={dot[1]} r="4.5" style={{ fill }} {...acts(letters)} />];
        })}
      </svg>
      {pointed && (
        <div class={pointed.x > 0.6 ? "map-tip left" : "map-tip"} role="status" style={{ left: `${pointed.x * 100}%`, top: `${pointed.y * 100}%` }}>
          {say(pointed.letters)}
        </div>
      )}
      <ScaleLegend scale={scale} unit={unit} />
    </div>
  );
}
