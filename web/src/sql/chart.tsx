// A chart of a result, with what it draws chosen beside it.

import { useMemo, useState } from "preact/hooks";

import { number, plain } from "../format";
import { Bars } from "./bars";
import { Lines } from "./lines";
import { guess, isTime, points, type Choice, type Column, type Shape } from "./model";
import type { Run } from "./run";
import { isNumeric } from "./table";

const SHAPES: { shape: Shape; title: string }[] = [
  { shape: "bar", title: "Bars" },
  { shape: "stacked", title: "Stacked bars" },
  { shape: "line", title: "Lines" },
  { shape: "scatter", title: "Dots" },
];

/** The chart of what a statement gave. */
export function ResultChart({ run }: { run: Run }) {
  const { columns, rows, count } = run;
  const [chosen, choose] = useState<{ of: Column[]; choice: Choice } | null>(null);
  const choice = chosen?.of === columns ? chosen.choice : guess(columns);
  const drawn = useMemo(() => choice && points(columns, rows.slice(0, count), choice), [columns, rows, count, JSON.stringify(choice)]);
  if (choice === null || drawn === null) return <p class="sql-empty quiet">A chart needs a column of numbers; this result has none.</p>;
  const change = (next: Partial<Choice>) => choose({ of: columns, choice: { ...choice, ...next } });
  const isLine = (choice.shape === "line" || choice.shape === "scatter") && drawn.numbers !== null;
  const notes = [
    ...(drawn.left.places > 0 ? [`${number(drawn.left.places)} more along ${name(columns, choice.x)} are not drawn`] : []),
    ...(drawn.left.series > 0 ? [`${number(drawn.left.series)} smaller series are not drawn`] : []),
    ...(!isLine && choice.shape !== "bar" && choice.shape !== "stacked" ? [`${name(columns, choice.x)} is neither a number nor a time: bars are drawn`] : []),
    ...(run.end === null || run.end.is_cut ? [`of the ${number(count)} rows that came`] : []),
  ];
  return (
    <div class="sql-chart">
      <Choices columns={columns} choice={choice} change={change} />
      {drawn.labels.length === 0
        ? <p class="sql-empty quiet">No row has both values.</p>
        : isLine
          ? <Lines points={drawn} isTime={isTime(columns[choice.x]?.type ?? "")} isDots={choice.shape === "scatter"} label={title(columns, choice)} />
          : <Bars points={drawn} isStacked={choice.shape === "stacked"} label={title(columns, choice)} />}
      {notes.length > 0 && <p class="sql-chart-notes quiet">{notes.join("; ")}</p>}
    </div>
  );
}

function Choices({ columns, choice, change }: { columns: Column[]; choice: Choice; change: (next: Partial<Choice>) => void }) {
  const numbers = columns.flatMap(({ type }, at) => (isNumeric(type) ? [at] : []));
  const toggle = (at: number, isOn: boolean) => {
    const y = isOn ? [...choice.y, at].sort((one, other) => one - other) : choice.y.filter((one) => one !== at);
    if (y.length > 0) change({ y, series: y.length > 1 ? null : choice.series });
  };
  return (
    <form class="sql-choices" onSubmit={(event) => event.preventDefault()}>
      <label>Chart
        <select value={choice.shape} onChange={(event) => change({ shape: event.currentTarget.value as Shape })}>
          {SHAPES.map(({ shape, title }) => <option key={shape} value={shape}>{title}</option>)}
        </select>
      </label>
      <label>Along x
        <select value={choice.x} onChange={(event) => change({ x: Number(event.currentTarget.value) })}>
          {columns.map((_, at) => <option key={at} value={at}>{name(columns, at)}</option>)}
        </select>
      </label>
      <fieldset>
        <legend>Amounts</legend>
        {numbers.map((at) => (
          <label key={at} class="sql-check">
            <input type="checkbox" checked={choice.y.includes(at)} onChange={(event) => toggle(at, event.currentTarget.checked)} />
            {name(columns, at)}
          </label>
        ))}
      </fieldset>
      <label>Series by
        <select value={choice.series ?? ""} disabled={choice.y.length > 1}
          onChange={(event) => change({ series: event.currentTarget.value === "" ? null : Number(event.currentTarget.value) })}>
          <option value="">nothing</option>
          {columns.flatMap((_, at) => (at === choice.x || choice.y.includes(at) ? [] : [<option key={at} value={at}>{name(columns, at)}</option>]))}
        </select>
      </label>
    </form>
  );
}

function name(columns: Column[], at: number): string {
  return plain(columns[at]?.name ?? "");
}

function title(columns: Column[], { x, y, series }: Choice): string {
  const by = series === null ? "" : `, by ${name(columns, series)}`;
  return `${y.map((at) => name(columns, at)).join(", ")} along ${name(columns, x)}${by}`;
}
