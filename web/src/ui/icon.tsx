// Signs beside or in place of words, drawn in the colour of the text around them.

const PATHS = {
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  check: "M3 8.5 6.5 12 13 4.5",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  "chevron-down": "M4 6l4 4 4-4",
  "chevron-right": "M6 4l4 4-4 4",
  "chevron-left": "M10 4 6 8l4 4",
  "chevron-up": "M4 10l4-4 4 4",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1",
  moon: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  help: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM6.2 6.2a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.7-.8 1.4M8 11.4v.01",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  clock: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 4.5V8l2.5 1.5",
  filter: "M2 3h12L9.5 8.5V13l-3-1.5v-3z",
  pin: "M5.5 2h5l-.7 4.5L12 9H4l2.2-2.5zM8 9v5",
  hide: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM3 13 13 3",
  show: "M2 8s2.2-4 6-4 6 4 6 4-2.2 4-6 4-6-4-6-4zM8 6.3a1.7 1.7 0 1 0 0 3.4 1.7 1.7 0 0 0 0-3.4z",
  up: "M8 13V3M4 7l4-4 4 4",
  down: "M8 3v10M4 9l4 4 4-4",
  left: "M13 8H3M7 4 3 8l4 4",
  right: "M3 8h10M9 4l4 4-4 4",
  link: "M6.7 9.3a2.6 2.6 0 0 0 3.7 0l2.3-2.3A2.6 2.6 0 0 0 9 3.3L8.2 4M9.3 6.7a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.8-.7",
  refresh: "M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 2v3.2h-3.2",
  stop: "M4 4h8v8H4z",
  zoom: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14M7 5v4M5 7h4",
  table: "M2 3h12v10H2zM2 6.5h12M6 3v10",
  bars: "M2.5 4h10M2.5 8h6M2.5 12h3.5",
  timeline: "M2 13.5h12M4 13V9M7 13V4M10 13V7M13 13v-3",
  map: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM1.8 8h12.4M8 1.8c2 2 2.6 4 2.6 6.2S10 12.2 8 14.2M8 1.8C6 3.8 5.4 5.8 5.4 8s.6 4.2 2.6 6.2",
  flow: "M2 4h3c4 0 3 8 8 8M2 12h3c1.5 0 2.4-1 3-2.2M10 5.5c.8-1 1.7-1.5 3-1.5",
  hours: "M2 3h12v10H2zM2 6.3h12M2 9.7h12M6 3v10M10 3v10",
  info: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 7.2v4M8 4.8v.01",
  warning: "M8 2 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.01",
  block: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM3.7 3.7l8.6 8.6",
  explain: "M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z",
  columns: "M2 3h12v10H2zM6 3v10M10 3v10",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  download: "M8 2.5v7.5M4.5 7 8 10.5 11.5 7M3 13.5h10",
  code: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5",
  sidebar: "M2 3h12v10H2zM6 3v10",
  around: "M2 8h12M8 2v3M6.5 3.5 8 2l1.5 1.5M8 14v-3M6.5 12.5 8 14l1.5-1.5",
  person: "M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 13.8a5.2 5.2 0 0 1 10.4 0",
} as const;

/** The name of a sign. */
export type IconName = keyof typeof PATHS;

/** A sign. It says nothing to a screen reader: the control that it stands in has the words. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  const isDots = name === "more" || name === "grip";
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true"
      stroke-width={isDots ? 2.4 : 1.4} stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
