// When it happens: amounts by hour and weekday, or by hour and day, as shades.

import { useMemo, useRef, useState } from "preact/hooks";

import { amount, number, span } from "../format";
import { hours as panel } from "../panels";
import { addFilter, measure, place, select as selectTime } from "../view";
import { DAYS_MAX, hourCondition, hourRows, spanOf, type Cell, type HourRow } from "./cells";
import { Empty, Frame } from "./frame";
import { ink, ScaleLegend, scaleOf, shade, shadeOf, type Scale } from "./scale";
import { useWant } from "./want";

/** The heat map of hours. */
export function HoursChart() {
  useWant({ hours: {} });
  const told = panel.value;
  const { zone } = place.value;
  const rows = useMemo(() => told && hourRows(told, zone), [told, zone]);
  const [kind, setKind] = useState<"weekdays" | "days">("weekdays");
  const shown = rows?.[kind] ?? [];
  const scale = scaleOf(shown.flatMap((row) => row.cells.map((cell) => cell.amount)));
  const unit = measure.value?.unit ?? "";
  const title = kind === "weekdays" ? "Hours by weekday" : "Hours by day";
  const tools = (
    <div class="chart-choice" role="group" aria-label="Rows">
      <button type="button" class="button small" aria-pressed={kind === "weekdays"} onClick={() => setKind("weekdays")}>Weekdays</button>
      <button type="button" class="button small" aria-pressed={kind === "days"} onClick={() => setKind("days")}>Days</button>
    </div>
  );
  return (
    <Frame title={title} panel={told} sql={told?.sql ?? ""} tools={tools}>
      {told !== null && scale.most === 0 && <Empty><p>No row lies in what is selected.</p></Empty>}
      {scale.most > 0 && (
        <div class="hours">
          <HeatMap rows={shown} scale={scale} unit={unit} zone={zone} title={`${measure.value?.title ?? "Rows"}: ${title.toLowerCase()}, in ${zone}`} />
          <div class="hours-foot">
            <ScaleLegend scale={scale} unit={unit} />
            <span class="chart-quiet">
              {`Hours of ${zone}. `}
              {kind === "days" && shown.length === DAYS_MAX ? `The last ${DAYS_MAX} days. ` : ""}
              A click selects the hour; arrow keys move.
            </span>
          </div>
        </div>
      )}
    </Frame>
  );
}

function HeatMap({ rows, scale, unit, zone, title }: { rows: HourRow[]; scale: Scale; unit: string; zone: string; title: string }) {
  const table = useRef<HTMLTableElement>(null);
  const [cursor, setCursor] = useState({ x: 0, y: 0 });
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0], Home: [-24, 0], End: [24, 0] }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const x = Math.max(0, Math.min(23, cursor.x + (step[0] ?? 0)));
    const y = Math.max(0, Math.min(rows.length - 1, cursor.y + (step[1] ?? 0)));
    setCursor({ x, y });
    table.current?.querySelectorAll<HTMLElement>("tbody button")[y * 24 + x]?.focus();
  };
  return (
    <table ref={table} class="heat" onKeyDown={onKeyDown}>
      <caption class="unseen">{title}</caption>
      <thead>
        <tr>
          <td />
          {Array.from({ length: 24 }, (_, hour) => <th key={hour} scope="col">{String(hour).padStart(2, "0")}</th>)}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, y) => (
          <tr key={row.title}>
            <th scope="row">{row.title}</th>
            {row.cells.map((cell, x) => {
              const at = shadeOf(scale, cell.amount);
              const isOutside = cell.starts.length === 0;
              return (
                <td key={x}>
                  <button type="button" class={isOutside ? "heat-cell outside" : "heat-cell"}
                    tabIndex={cursor.x === x && cursor.y === y ? 0 : -1} style={isOutside ? {} : { background: shade(scale, at), color: ink(scale, at) }}
                    title={tip(row, x, cell, unit)} aria-label={tip(row, x, cell, unit).replaceAll("\n", ", ")} aria-disabled={isOutside}
                    onClick={() => {
                      setCursor({ x, y });
                      if (!isOutside) select(row, x, cell, zone);
                    }}>
                    <span aria-hidden="true">{cell.amount > 0 ? amount(cell.amount, unit).replace(/ .*/, "") : ""}</span>
                  </button>
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** An hour that is there once becomes the selection; one of many weeks becomes a condition. */
function select(row: HourRow, hour: number, cell: Cell, zone: string): void {
  const during = spanOf(cell);
  if (during !== null) selectTime(during);
  else addFilter({ field: "", op: "sql", values: [hourCondition(row.weekday, hour, zone)] });
}

function tip(row: HourRow, hour: number, cell: Cell, unit: string): string {
  const when = `${row.title} ${String(hour).padStart(2, "0")}:00`;
  if (cell.starts.length === 0) return `${when}\noutside of what is selected`;
  const own = spanOf(cell);
  const figure = unit === "" ? number(cell.amount) : amount(cell.amount, unit);
  return `${when}\n${figure}\n${own === null ? `in ${cell.starts.length} such hours` : span(own)}`;
}
