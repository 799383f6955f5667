// What a statement gave: its rows, a chart of them, or how it is run.

import { useEffect, useState } from "preact/hooks";

import type { Account, Plan } from "../api";
import { ask, failure, isAborted } from "../call";
import { amount, length, number } from "../format";
import { AsMenu } from "../ui/as";
import { copy } from "../ui/copy";
import { Icon } from "../ui/icon";
import { said } from "./check";
import { ResultChart } from "./chart";
import type { Run } from "./run";
import { schema } from "./schema";
import { Starters } from "./starters";
import { ResultTable } from "./table";
import { Tabs } from "./tabs";

/** What of a result is shown. */
export type ResultTab = "rows" | "chart" | "plan";

const TABS: readonly { name: ResultTab; title: string }[] = [
  { name: "rows", title: "Rows" },
  { name: "chart", title: "Chart" },
  { name: "plan", title: "Plan" },
];

/** The lower half of the part: of the last run, and the plan of the statement that was `planned`. */
export function Result(properties: { run: Run | null; shown: ResultTab; show: (tab: ResultTab) => void; planned: string | null; add: (sql: string) => void }) {
  const { run, shown, show, planned, add } = properties;
  return (
    <section class="sql-result" aria-label="Result">
      <div class="sql-result-head">
        <Tabs label="What of the result is shown" panel="sql-given" tabs={TABS} shown={shown} show={show} />
        {run !== null && <StateLine run={run} />}
        {run !== null && <AsMenu sql={run.sql} label="The result" database={run.database} />}
      </div>
      {run?.error && shown !== "plan" && <p class="sql-alert" role="alert">{said(run.error)}</p>}
      <div id="sql-given" class="sql-given" role="tabpanel" aria-label={TABS.find(({ name }) => name === shown)?.title}>
        {shown === "plan" ? <PlanView sql={planned ?? run?.sql ?? null} /> : <Given run={run} shown={shown} add={add} />}
      </div>
    </section>
  );
}

function Given({ run, shown, add }: { run: Run | null; shown: ResultTab; add: (sql: string) => void }) {
  if (run === null) return <Starters add={add} />;
  const isNothing = run.count === 0 && run.isCancelled && !run.isBusy;
  if (run.columns.length === 0 || isNothing) {
    return <p class="sql-empty quiet">{run.isBusy ? "running …" : run.error ? "" : run.isCancelled ? "Cancelled before a row came." : "Done; it gives no rows."}</p>;
  }
  if (shown === "chart") return <ResultChart run={run} />;
  return <ResultTable columns={run.columns} rows={run.rows} count={run.count} label={`Rows of the result: ${number(run.count)}`} />;
}

function StateLine({ run }: { run: Run }) {
  const { end, progress, count, isBusy, isCancelled } = run;
  const share = progress && progress.bytes_wanted > 0 ? Math.min(1, progress.bytes / progress.bytes_wanted) : null;
  const parts: string[] = [];
  if (isBusy) {
    parts.push(`${number(count)} rows so far`);
    if (progress) {
      parts.push(`${number(progress.objects)} of ${number(progress.objects_wanted)} objects`, `${amount(progress.bytes, "bytes")} read`, length(progress.seconds * 1000));
    }
  } else if (end) {
    parts.push(`${number(end.rows)} ${end.rows === 1 ? "row" : "rows"}`);
    if (end.is_cut) parts[0] = `the first ${number(count)} rows: export gives all`;
    parts.push(length(end.seconds * 1000), `${amount(end.account.bytes, "bytes")} read`);
  } else if (count > 0) {
    parts.push(`${number(count)} rows: partial${isCancelled ? ", cancelled" : ""}`);
  } else if (isCancelled) {
    parts.push("cancelled");
  }
  return (
    <div class="sql-state">
      {isBusy && <progress aria-label="How much is read" {...(share === null ? {} : { value: share })} max={1} />}
      <span role="status">{parts.join(" · ")}</span>
      {end && <Told account={end.account} notes={end.notes} />}
    </div>
  );
}

/** What became of what was read, for those who open it. */
function Told({ account, notes }: { account: Account; notes: string[] }) {
  const isBad = account.rejected > 0 || account.troubles.length > 0;
  return (
    <details class="sql-account">
      <summary class={isBad ? "sql-failed" : ""}>
        {isBad ? `${number(account.rejected)} lines rejected` : "account"}{notes.length > 0 ? ` · ${notes.length} ${notes.length === 1 ? "note" : "notes"}` : ""}
      </summary>
      <div class="sql-account-box">
        <p>
          {`${number(account.lines)} lines = ${number(account.rows)} rows + ${number(account.headers)} headers + ${number(account.rejected)} rejected; `}
          {`${number(account.objects)} objects read, ${number(account.objects_pruned)} passed over. `}
          {`Athena would have asked for $${account.athena_dollars.toPrecision(2)}.`}
        </p>
        <ul>
          {account.rejections.map((one, at) => <li key={`r${at}`}>{said({ kind: "", message: `${one.object}, line ${one.line}: ${one.reason}`, hint: null })}</li>)}
          {[...account.troubles, ...notes].map((one, at) => <li key={`n${at}`}>{said({ kind: "", message: one, hint: null })}</li>)}
        </ul>
      </div>
    </details>
  );
}

function PlanView({ sql }: { sql: string | null }) {
  const [plan, setPlan] = useState<Plan | null>(null);
  useEffect(() => {
    setPlan(null);
    if (sql === null) return;
    const controller = new AbortController();
    ask<Plan>("sql/plan", { sql, database: schema.peek()?.database ?? "" }, controller.signal)
      .then(setPlan)
      .catch((error: unknown) => {
        if (!isAborted(error)) setPlan({ error: failure(error) });
      });
    return () => controller.abort();
  }, [sql]);
  if (sql === null) return <p class="sql-empty quiet">“Plan” above shows how the statement at the cursor would be run.</p>;
  if (plan === null) return <p class="sql-empty quiet">planning …</p>;
  if (plan.error) return <p class="sql-alert" role="alert">{said(plan.error)}</p>;
  const text = plan.text ?? "";
  return (
    <div class="sql-plan">
      <button type="button" class="button small" onClick={() => void copy(text, "the plan")}><Icon name="copy" /> Copy</button>
      <pre tabIndex={0} aria-label="The plan">{text}</pre>
    </div>
  );
}
