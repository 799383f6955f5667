// The values of a field: the most frequent ones with their shares, how many there are, and how large.

import type { Field, FieldSummary, Value } from "../api";
import { amount, number, percent, plain, short } from "../format";
import { fields as panel } from "../panels";
import { AsMenu } from "../ui/as";
import { copy } from "../ui/copy";
import { MenuButton } from "../ui/menu";
import { openPopover } from "../ui/popover";
import { addFilter, columns, filterBy, go, measure, place, toggleColumn } from "../view";
import { FilterForm } from "./filter_form";
import { ValueActions, valueKeys, ValueText } from "./value";

/** A field's values, and what can be done with the field. */
export function FieldDetail({ field, summary }: { field: Field; summary: FieldSummary | null }) {
  const rows = panel.value?.rows ?? 0;
  const { name } = field;
  const isStacked = place.value.by === name;
  return (
    <div class="field-detail">
      {field.about !== "" && <p class="field-about">{plain(field.about)}</p>}
      {summary === null ? <p class="quiet">its values are not summed up</p> : <Figures field={field} summary={summary} rows={rows} />}
      {summary !== null && <TopValues field={field} summary={summary} />}
      <div class="field-actions">
        <button type="button" class="button small" aria-pressed={isStacked} onClick={() => go({ by: isStacked ? null : name })}>Break down</button>
        <button type="button" class="button small"
          onClick={(event) => openPopover(event.currentTarget, `Filter by ${name}`, (close) => <FilterForm at={null} name={name} close={close} />)}>Filter …</button>
        <MenuButton label={`More of ${name}`} icon="more" class="small" isBare entries={() => [
          { label: "Only rows that have a value", icon: "filter", run: () => addFilter({ field: name, op: "exists", values: [] }) },
          { label: "Only rows where it is NULL", icon: "filter", run: () => addFilter({ field: name, op: "exists", values: [], not: true }) },
          { label: columns.value.includes(name) ? "Hide the column" : "Show as column", icon: "columns", run: () => toggleColumn(name) },
          { label: "Copy the values", icon: "copy", isDisabled: summary === null, run: () => void copy((summary?.top ?? []).map((one) => plain(one.value ?? "NULL")).join("\n"), `values of ${name}`) },
          { label: "Copy as SQL", icon: "code", run: () => void copy(field.sql, `SQL of ${name}`) },
        ]} />
        {summary !== null && <AsMenu sql={summary.sql} label={`values of ${name}`} />}
      </div>
    </div>
  );
}

function Figures({ field, summary, rows }: { field: Field; summary: FieldSummary; rows: number }) {
  const { distinct, nulls, least, mean, most } = summary;
  const figures: [string, string][] = [
    ["of", `${short(rows)} rows`],
    ["distinct", distinct === null ? "not counted" : `${summary.is_at_least ? "≥ " : ""}${short(distinct)}`],
    ["NULL", nulls === 0 ? "none" : percent(rows === 0 ? 0 : nulls / rows)],
  ];
  if (least !== undefined && most !== undefined) {
    figures.push(["least", amount(least, field.unit)], ["mean", amount(mean ?? 0, field.unit)], ["most", amount(most, field.unit)]);
  }
  return (
    <dl class="figures">
      {figures.map(([title, text]) => <div key={title}><dt>{title}</dt><dd>{text}</dd></div>)}
    </dl>
  );
}

function TopValues({ field, summary }: { field: Field; summary: FieldSummary }) {
  const unit = measure.value?.unit ?? "";
  const all = panel.value?.rows ?? 0;
  // Of counts the share is that of all rows; of sums there is no whole but what the largest make together.
  const isCount = summary.top.every((one) => one.amount === one.rows);
  const whole = isCount ? all : summary.top.reduce((sum, one) => sum + one.amount, 0);
  const most = summary.top[0]?.amount ?? 0;
  if (summary.top.length === 0) return <p class="quiet">no values</p>;
  return (
    <ul class="tops" aria-label={`Most frequent values of ${field.name}`}>
      {summary.top.map(({ value, amount: figure, rows }, at) => (
        <li key={at} class="top">
          <div class="top-value" tabIndex={0} title={tip(value, figure, rows, unit)}
            onKeyDown={(event) => {
              if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
              const does = { ...valueKeys(field.name, value), Enter: () => filterBy(field.name, value) }[event.key];
              if (does === undefined) return;
              event.preventDefault();
              event.stopPropagation();
              does();
            }}>
            <span class="top-text"><ValueText name={field.name} value={value} /></span>
            <span class="top-figure">{amount(figure, unit)}</span>
            <span class="top-share">{whole === 0 ? "" : percent(figure / whole)}</span>
            <i class="top-bar" style={{ width: `${most === 0 ? 0 : (figure / most) * 100}%` }} />
          </div>
          <ValueActions name={field.name} value={value} />
        </li>
      ))}
      {!isCount && <li class="quiet">shares of what is listed</li>}
    </ul>
  );
}

function tip(value: Value, figure: number, rows: number, unit: string): string {
  return `${value === null ? "NULL" : plain(value.slice(0, 500))}\n${unit === "" ? number(figure) : amount(figure, unit)} in ${number(rows)} rows`;
}
