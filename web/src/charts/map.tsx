// Where traffic comes from: countries in shades, on a map that is drawn here, without tiles and without asking anybody.

import { geoEqualEarth, geoGraticule10, geoPath } from "d3-geo";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { useMemo, useState } from "preact/hooks";
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
          {rows.length > LISTED_MAX && <p class="chart-quiet">{`${number(rows.length - LISTED_MAX)} more: see the table`}</p>}
        </section>
      </div>
    </Frame>
  );
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
  const point = (letters: string, event: Event) => {
    const box = (event.currentTarget as Element).closest(".map-world")?.getBoundingClientRect();
    const own = (event.currentTarget as Element).getBoundingClientRect();
    if (!box) return;
    const [x, y] = event instanceof PointerEvent ? [event.clientX, event.clientY] : [own.left + own.width / 2, own.top + own.height / 2];
    setPointed({ letters, x: (x - box.left) / box.width, y: (y - box.top) / box.height });
  };
  const acts = (letters: string) => {
    const isThere = (amounts.get(letters) ?? 0) > 0;
    return {
      onPointerMove: (event: PointerEvent) => point(letters, event),
      onPointerLeave: () => setPointed(null),
      ...(isThere
        ? {
            role: "button" as const,
            tabIndex: 0,
            "aria-label": say(letters),
            onFocus: (event: FocusEvent) => point(letters, event),
            onBlur: () => setPointed(null),
            onClick: () => filterBy(name, letters),
            onKeyDown: (event: KeyboardEvent) => {
              if (event.key !== "Enter" && event.key !== " " && event.key !== "i" && event.key !== "o") return;
              event.preventDefault();
              event.stopPropagation();
              filterBy(name, letters, event.key === "o");
            },
          }
        : { "aria-hidden": true as const }),
    };
  };
  return (
    <div class="map-world">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label="Map by country">
        <path class="map-sea" d={sphere} />
        <path class="map-grid" d={grid} />
        {all.map(({ letters, name: own, path }) => {
          const at = letters === null ? -1 : shadeOf(scale, amounts.get(letters) ?? 0);
          return <path key={own} class={at >= 0 ? "map-country there" : "map-country"} d={path} style={{ fill: shade(scale, at) }} {...(letters === null ? {} : acts(letters))} />;
        })}
        {all.flatMap(({ letters, name: own, dot }) => {
          if (letters === null || dot === null || !amounts.get(letters)) return [];
          const { tabIndex, "aria-label": _, role: __, ...pointing } = acts(letters) as Record<string, unknown>;
          void tabIndex;
          return [<circle key={own} class="map-dot" cx={dot[0]} cy={dot[1]} r="4.5" aria-hidden="true" style={{ fill: shade(scale, shadeOf(scale, amounts.get(letters) ?? 0)) }} {...pointing} />];
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
