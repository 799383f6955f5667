// Bars of a result, lying or stacked: labels are read more easily beside a bar than under it.

import { number, plain, short, text } from "../format";
import type { Points } from "./model";

/** A bar for each place along x, with the series side by side or stacked. */
export function Bars({ points, isStacked, label }: { points: Points; isStacked: boolean; label: string }) {
  const { labels, series } = points;
  const sums = labels.map((_, at) => series.reduce((sum, one) => sum + Math.max(0, one.values[at] ?? 0), 0));
  const most = Math.max(...(isStacked ? sums : series.flatMap((one) => one.values.map((value) => Math.abs(value ?? 0)))), 0) || 1;
  return (
    <figure class="sql-bars" aria-label={label}>
      {series.length > 1 && <Legend names={series.map(({ name }) => name)} />}
      <table>
        <caption class="unseen">{label}</caption>
        <thead class="unseen">
          <tr><th scope="col">value</th>{series.map(({ name }) => <th key={name} scope="col">{plain(name)}</th>)}</tr>
        </thead>
        <tbody>
          {labels.map((one, at) => (
            <tr key={at}>
              <th scope="row" class={one === null ? "is-null" : ""} title={plain(text(one))}>{plain(text(one))}</th>
              <td class="sql-bar-cell">
                <div class={isStacked ? "sql-bar-row stacked" : "sql-bar-row"}>
                  {series.map(({ name, values }, order) => {
                    const value = values[at] ?? null;
                    if (value === null) return null;
                    const share = Math.abs(value) / most;
                    return (
                      <span key={name} class="sql-bar" title={`${plain(name)}: ${number(value)}`}
                        style={{ width: `${share * 100}%`, background: colour(order), opacity: value < 0 ? 0.5 : 1 }} />
                    );
                  })}
                </div>
              </td>
              <td class="is-number">{figures(series.map(({ values }) => values[at] ?? null), isStacked)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** What stands at the end of a bar; many series side by side have their figures in their tips alone. */
function figures(values: (number | null)[], isStacked: boolean): string {
  if (isStacked) return number(values.reduce<number>((sum, value) => sum + (value ?? 0), 0));
  return values.length === 1 ? number(values[0] ?? 0) : values.length === 2 ? values.map((value) => short(value ?? 0)).join(" / ") : "";
}

/** The names of series with their colours. */
export function Legend({ names }: { names: string[] }) {
  return (
    <ul class="sql-legend">
      {names.map((name, at) => (
        <li key={name}><span class="sql-swatch" style={{ background: colour(at) }} />{plain(name)}</li>
      ))}
    </ul>
  );
}

/** The colour of a series by its position. */
export function colour(at: number): string {
  return `var(--series-${(at % 6) + 1})`;
}
