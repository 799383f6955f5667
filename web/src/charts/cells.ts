// Amounts of quarters of an hour, gathered to the hours of days and weekdays in a time zone.

import type { Hours, Ms, Span } from "../api";

/** An hour of a row of the heat map. */
export interface Cell {
  amount: number;
  /** The hours of the timeline that fall into it, by their starts. */
  starts: Ms[];
}

/** A row of the heat map: a weekday or a day, with its 24 hours. */
export interface HourRow {
  /** `Monday`, or `2024-10-05`. */
  title: string;
  /** Monday is 1. */
  weekday: number;
  cells: Cell[];
}

/** The names of weekdays, from Monday. */
export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** The most days that stand as rows; of longer spans the last ones. */
export const DAYS_MAX = 92;

const QUARTER_MS = 900_000;

/** Rows of weekdays from Monday to Sunday, and rows of days. */
export function hourRows(hours: Hours, zone: string): { weekdays: HourRow[]; days: HourRow[] } {
  const local = localiser(zone);
  const weekdays = WEEKDAYS.map((title, at) => emptyRow(title, at + 1));
  const days = new Map<string, HourRow>();
  hours.amounts.forEach((amount, at) => {
    const start = hours.start + at * hours.width;
    const { day, hour, weekday, minute } = local(start);
    let own = days.get(day);
    if (own === undefined) days.set(day, own = emptyRow(day, weekday));
    for (const row of [own, weekdays[weekday - 1]]) {
      const cell = row?.cells[hour];
      if (cell === undefined) continue;
      cell.amount += amount;
      const begins = start - minute * 60_000;
      if (cell.starts.at(-1) !== begins) cell.starts.push(begins);
    }
  });
  return { weekdays, days: [...days.values()].slice(-DAYS_MAX) };
}

/** The hour of a cell that stands for a single one. */
export function spanOf(cell: Cell): Span | null {
  const [start] = cell.starts;
  return cell.starts.length === 1 && start !== undefined ? [start, start + 4 * QUARTER_MS] : null;
}

/** The condition of an hour of a weekday, in Athena's SQL. */
export function hourCondition(weekday: number, hour: number, zone: string): string {
  const time = zone === "UTC" ? "event_time" : `at_timezone(with_timezone(event_time, 'UTC'), '${zone.replaceAll("'", "''")}')`;
  return `day_of_week(${time}) = ${weekday} AND hour(${time}) = ${hour}`;
}

function emptyRow(title: string, weekday: number): HourRow {
  return { title, weekday, cells: Array.from({ length: 24 }, () => ({ amount: 0, starts: [] })) };
}

/** The parts of a moment in a zone. A zone's distance from UTC is looked up once an hour: it changes at full hours or halves. */
function localiser(zone: string): (at: Ms) => { day: string; hour: number; minute: number; weekday: number } {
  const clock = new Intl.DateTimeFormat("sv", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
  });
  const offsets = new Map<number, number>();
  return (at) => {
    const key = Math.floor(at / (2 * QUARTER_MS));
    let offset = offsets.get(key);
    if (offset === undefined) {
      const start = key * 2 * QUARTER_MS;
      offset = Date.parse(`${clock.format(start).replace(" ", "T")}:00Z`) - start;
      offsets.set(key, offset);
    }
    const there = new Date(at + offset);
    return {
      day: there.toISOString().slice(0, 10), hour: there.getUTCHours(), minute: there.getUTCMinutes(), weekday: there.getUTCDay() || 7,
    };
  };
}
