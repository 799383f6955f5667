// What the page asks of the server, and what it answers: every request is a POST of JSON (or a GET) below `/_ui/api/`, and answers
// that take time come as lines of JSON, one message each, while they are computed. Names here are those of the server.

/** Milliseconds since 1970, in UTC. */
export type Ms = number;

/** A span of time: its start belongs to it, its end does not. */
export type Span = [start: Ms, end: Ms];

/** A value as Athena writes it; null is NULL. Values are hostile text: they are only ever shown as text. */
export type Value = string | null;

/** How good a figure is: still growing, counted over all rows, or scaled up from a sample of rows. */
export type State = "partial" | "exact" | "sampled";

// GET start, or GET start?anew=1, which lists the places again; otherwise what was listed within the last minute is told

/** What the page has to know first. */
export interface Start {
  version: string;
  /** The logs at hand, in the order of the list of log types. */
  logs: Log[];
  /** What to know of the places of the logs, such as objects of no known log. */
  notes: string[];
  /** The ways to block, such as `nacl` and `waf-ip-set`. */
  ways: Way[];
  /** The forms in which a rule is written, such as `terraform`. */
  forms: string[];
  /** The command that prints the token, for `curl` commands that the page hands out. */
  token_command: string;
  /** The address of the API, such as `http://127.0.0.1:8765/_ui/api/`. */
  url: string;
}

/** A log at hand. */
export interface Log {
  name: string;
  title: string;
  /** The page of AWS's documentation. */
  page: string;
  objects: number;
  /** The size of its objects as stored. */
  bytes: number;
  /** What the times in the objects' names span; null if they do not tell. */
  span: Span | null;
  fields: Field[];
  /** What can be summed in the timeline and in top values; the first is the count of records. */
  measures: Measure[];
  /** The field with the address that asks; null if the log has none. */
  client: string | null;
  /** The field with the address that is asked, or null. */
  target: string | null;
  /** Fields that are shown as columns at first. */
  columns: string[];
}

/** What a field's values are. */
export type Kind =
  | "category" | "quantity" | "time" | "identifier" | "address" | "port" | "url" | "path" | "query string"
  | "user agent" | "HTTP status" | "domain" | "nested";

/** A column, a dimension that the log declares, or a fact of an address. */
export interface Field {
  /** `client_ip`, or `country(client_ip)` for a fact. */
  name: string;
  /** Athena's type. */
  type: string;
  kind: Kind;
  /** `bytes`, `ms` or the like; empty if it has none. */
  unit: string;
  /** What it is, for people. */
  about: string;
  /** Its value as SQL. */
  sql: string;
  /** A column of the table, an expression over columns, or what is known of an address. */
  source: "column" | "dimension" | "fact";
}

/** An amount that can be added up. */
export interface Measure {
  name: string;
  title: string;
  /** `bytes` or the like; empty for counts. */
  unit: string;
}

/** A way to block. */
export interface Way {
  name: string;
  title: string;
  /** What it can block: `network`, `country`, `path`, `user-agent`. */
  targets: string[];
}

// The view

/** What is looked at: the page's address holds it, the server turns it to SQL. */
export interface View {
  log: string;
  /** What the timeline spans; null is all. */
  span: Span | null;
  /** What was brushed: fields, rows and charts are of it; null is the whole timeline. */
  during: Span | null;
  /** What it is compared with; null is as long just before. */
  before: Span | null;
  filters: Filter[];
  /** Text that any column holds, in any case; empty for none. */
  search: string;
  /** The name of what is added up. */
  measure: string;
}

/**
 * A condition on rows.
 *
 * | op | values | rows that it keeps |
 * | --- | --- | --- |
 * | `is` | any number, null for NULL | those whose field has one of the values |
 * | `contains`, `starts` | one | those whose field holds it, or begins with it; `contains` in any case |
 * | `between` | lowest, highest; null for open ends | those whose number lies between, both included |
 * | `within` | networks such as `192.0.2.0/24` | those whose address lies in one |
 * | `exists` | none | those whose field is not NULL |
 * | `sql` | one condition in Athena's SQL; `field` is empty | those that meet it |
 *
 * With `not` it keeps all other rows, those with NULL among them.
 */
export interface Filter {
  field: string;
  op: "is" | "contains" | "starts" | "between" | "within" | "exists" | "sql";
  values: Value[];
  not?: boolean;
  /** It is not applied. */
  off?: boolean;
}

// POST look → lines of Told

/** A view, and the panels that are wanted of it. One pass over the rows answers all of them. */
export interface Look {
  view: View;
  want: Want;
  /** Read the logs again, though the rows are kept. */
  again?: boolean;
}

/** The panels. Those of time span the view's `span`, all others what was brushed. */
export interface Want {
  timeline?: { bins: number; by?: string | null };
  fields?: { names?: string[]; top: number };
  rows?: { sort: Sort | null; count: number; after?: string; around?: { row: string; count: number } };
  /** One row with all its values, by its id. */
  row?: { row: string };
  /** What was brushed against what it is compared with, field by field. */
  compare?: { top: number };
  /** The largest groups by one to three fields. */
  groups?: { fields: string[]; top: number }[];
  /** Amounts of each quarter of an hour of what was brushed. */
  hours?: Record<string, never>;
}

/** The order of rows: by the time of their events, the newest first, unless it says otherwise. NULL comes last. */
export interface Sort {
  field: string;
  descending: boolean;
}

/** A message of an answer to `look`; each has one member. A panel that comes again replaces the earlier one. */
export interface Told {
  progress?: Progress;
  timeline?: Timeline;
  fields?: Fields;
  rows?: Rows;
  row?: Row;
  compare?: Compare;
  groups?: Groups;
  hours?: Hours;
  end?: End;
  error?: Failure;
}

/** How far the reading of logs is. */
export interface Progress {
  objects: number;
  objects_wanted: number;
  bytes: number;
  bytes_wanted: number;
  rows: number;
  seconds: number;
}

interface Panel {
  state: State;
  /** Which share of rows was looked at, if that is a sample. */
  sample_share?: number;
  /** The statement of Athena's SQL that answers it. */
  sql: string;
}

export interface Timeline extends Panel {
  start: Ms;
  /** The length of a bin. */
  width: Ms;
  by: string | null;
  /** The amounts by bin, the largest series first, all others together last. */
  series: { value: Value; is_others?: boolean; amounts: number[] }[];
  total: number;
}

export interface Fields extends Panel {
  /** How many rows they are of. */
  rows: number;
  fields: FieldSummary[];
}

export interface FieldSummary {
  name: string;
  nulls: number;
  /** How many different values there are; null if that was not counted. */
  distinct: number | null;
  /** Whether `distinct` is only the least that there are. */
  is_at_least?: boolean;
  /** By the view's measure, the largest first. */
  top: { value: Value; amount: number; rows: number }[];
  /** Of quantities. */
  least?: number;
  most?: number;
  mean?: number;
  sql: string;
}

export interface Rows extends Panel {
  columns: string[];
  rows: { row: string; time: Ms | null; cells: Value[] }[];
  /** Where the next rows begin; null behind the last. */
  next: string | null;
  /** How many rows there are. */
  total: number;
}

export interface Row extends Panel {
  row: string;
  time: Ms | null;
  /** All fields, nested values as JSON. */
  cells: { field: string; value: Value }[];
}

export interface Compare extends Panel {
  during: Span;
  before: Span;
  during_rows: number;
  before_rows: number;
  /** Those first that differ most (Jensen-Shannon divergence of the shares). */
  dimensions: {
    name: string;
    /** From 0, the same on both sides, to 1, nothing in common. */
    difference: number;
    during_distinct: number;
    before_distinct: number;
    /** How many values are only on one side. */
    new_values: number;
    vanished_values: number;
    /** Those first that differ most, amounts by the view's measure. */
    values: { value: Value; during: number; before: number; during_share: number; before_share: number }[];
    sql: string;
  }[];
}

export interface Groups extends Panel {
  groups: {
    fields: string[];
    rows: { values: Value[]; amount: number }[];
    others: number;
    distinct: number;
    sql: string;
  }[];
}

export interface Hours extends Panel {
  start: Ms;
  /** A quarter of an hour. */
  width: Ms;
  amounts: number[];
}

/** The last message. */
export interface End {
  state: State;
  /** Where the rows came from: out of the logs, or those that were kept. */
  source: "logs" | "kept";
  /** Rows that meet all conditions in what was brushed, and in the whole timeline. */
  rows: number;
  span_rows: number;
  /** What the timeline spans in fact. */
  span: Span | null;
  /** The condition of all rows, as SQL; what `explain` and `block` are asked with. */
  condition: string;
  seconds: number;
  account: Account;
  notes: string[];
}

/** What became of what was read: lines = rows + headers + rejected. */
export interface Account {
  objects: number;
  objects_pruned: number;
  bytes: number;
  lines: number;
  rows: number;
  headers: number;
  rejected: number;
  /** The first rejected lines with their reasons. */
  rejections: { object: string; line: number; reason: string }[];
  /** Objects that could not be read, and why. */
  troubles: string[];
  /** What Athena would have asked for the same, in US dollars. */
  athena_dollars: number;
}

/** Why something cannot be answered, and the way out. */
export interface Failure {
  kind: string;
  message: string;
  hint: string | null;
  /** Where in a statement, both from 1. */
  line?: number;
  column?: number;
}

// POST explain {view, measure: string | null} → lines of ToldExplain

export interface ToldExplain {
  progress?: Progress;
  /** What `floodmark explain --format json` writes. */
  answer?: Explanation;
  /** Its account is that of all queries, added up. */
  end?: { seconds: number; account: Account; notes: string[] };
  error?: Failure;
}

export interface Change {
  before: number;
  during: number;
  before_scaled: number;
  before_per_hour: number;
  during_per_hour: number;
  difference: number;
  ratio: number | null;
}

export interface MeasureMoved {
  name: string; title: string; unit: string; sql: string;
  before: number | null; during: number | null; ratio: number | null;
  moved: boolean; estimated: boolean;
}

export interface Contributor extends Change {
  conditions: { column: string; kind: string; values: string[] }[];
  direction: "up" | "down";
  share: number | null;
  unexpected_difference: number | null;
  expected_metric_test: number | null;
  rows: { before: number; during: number };
  also: { column: string; values: string[]; coverage: number }[];
  peculiar: { measure: string; title: string; unit: string; value: number; others: number }[];
  clients: null | {
    column: string; before: number; during: number; new: number; vanished: number;
    busiest: { client: string | null; before: number; during: number }[];
  };
  notes: string[];
  condition: string;
  sql: string;
}

export interface Explanation {
  log: string;
  verdict: "contributors" | "everywhere" | "mix" | "nothing";
  sentence: string;
  contributors: Contributor[];
  statements: string[];
  // Those of an explained window; a quiet timeline has only `span`.
  span?: { start: string; end: string };
  condition?: string | null;
  measure?: MeasureMoved;
  during?: { start: string; end: string };
  before?: { start: string; end: string }[];
  spikes?: { measure: string; title: string; unit: string; window: { start: string; end: string }; is_dip: boolean; amount: number; expected: number }[];
  amount_unit?: string;
  total?: Change;
  rest?: Change;
  unchanged?: ({ column: string; value: string } & Change)[];
  names?: Record<string, string>;
  measures?: MeasureMoved[];
  notes?: string[];
  read?: { during: number; before: number; earlier: number; searched: number };
}

// POST who {addresses: string[], user_agents: string[], at: Ms | null} → Who

export interface Who {
  /** What is known, by address as it was asked; addresses of which nothing is known are not there. */
  addresses: Record<string, Known>;
  /** The bots among the user agents, by user agent: what it is, such as `Googlebot · crawler`. */
  user_agents: Record<string, string>;
  /** Parts of which no data are at hand, with what brings them. */
  missing: { what: string; remedy: string }[];
}

export interface Known {
  /** A name in a few words. */
  label: string | null;
  country: string | null;
  network: string | null;
  system: string | null;
  aws_service: string | null;
  interface: string | null;
  threat_list: string | null;
}

// POST whois {address, view: View | null, resolve: boolean} → lines of ToldWhois

export interface ToldWhois {
  progress?: Progress;
  card?: {
    address: string;
    parts: { title: string; state: "known" | "nothing" | "unknown"; text: string; source: string | null; remedy: string }[];
  };
  /** The traffic that it made in the view's brushed time, in each column of addresses. */
  traffic?: {
    roles: {
      column: string; first: string | null; last: string | null;
      amounts: { measure: string; unit: string; amount: number }[];
      values: { column: string; values: [string, number][] }[];
    }[];
    counting: string | null;
  };
  end?: { seconds: number; notes: string[] };
  error?: Failure;
}

// POST block → lines of ToldBlock

export interface BlockQuestion {
  way: string;
  /** As the command takes them: `192.0.2.7`, `198.51.100.0/24`, `TV`, `/login`, `user-agent:curl*`. */
  targets: string[];
  direction: "inbound" | "outbound" | "both" | null;
  /** The ids and names of where it goes; what is empty stands as a placeholder. */
  acl_id: string | null;
  group_id: string | null;
  web_acl: string | null;
  resource_arn: string | null;
  name: string | null;
  scope: "regional" | "cloudfront";
  /** Such as `24h`. */
  expires: string | null;
  /** Of `waf-rate`: requests of an address allowed in a window of so many seconds. */
  limit: number | null;
  window: number | null;
  count_only: boolean;
  /** Merge networks to fewer that hold at most this share of others; null merges none. */
  bystanders: number | null;
  /** The view on which it is tested; null tests nothing. */
  view: View | null;
}

export interface ToldBlock {
  progress?: Progress;
  rule?: {
    /** The rule in each form, and what takes it away. */
    forms: Record<string, { apply: string; undo: string }>;
    targets: string[];
    notes: string[];
    refusals: { reason: string; message: string }[];
  };
  test?: {
    /** What it would have blocked, in sentences. */
    sentences: string[];
    bystanders: { address: string | null; name: string | null; blocked: number; blocked_bytes: number }[];
    bystanders_total: number;
    refusals: { reason: string; message: string }[];
    caveats: string[];
    statements: string[];
  };
  end?: { seconds: number; notes: string[] };
  error?: Failure;
}

// GET schema

export interface Schema {
  /** The database that names without one are looked up in. */
  database: string;
  databases: { name: string; tables: { name: string; kind: "log" | "table" | "view"; columns: { name: string; type: string; about: string }[] }[] }[];
  functions: { name: string; kind: "scalar" | "aggregate" | "window"; about: string }[];
  keywords: string[];
}

// POST sql {sql, database, rows_max} → lines of ToldSql; POST sql/check and sql/plan {sql, database}

export interface ToldSql {
  progress?: Progress;
  columns?: { name: string; type: string }[];
  /** More rows, behind those that came. */
  rows?: Value[][];
  end?: { rows: number; is_cut: boolean; seconds: number; account: Account; notes: string[] };
  error?: Failure;
}

/** What is wrong with a statement; `error` is null if nothing is. */
export interface Checked {
  error: Failure | null;
}

/** How a statement is run, as text. */
export interface Plan {
  text?: string;
  error?: Failure;
}

// GET export?format=csv|parquet|json|ndjson&sql=…&database=… → a file. POST takes the same members as a form, for long statements. Formulas in CSV are defused by a leading apostrophe.

export type ExportFormat = "csv" | "parquet" | "json" | "ndjson";
