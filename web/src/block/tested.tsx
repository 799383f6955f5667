// What the rule would have blocked in the logs, who else, and why it is refused.

import { amount, number, plain, span } from "../format";
import { AsMenu } from "../ui/as";
import { log, view } from "../view";
import { Trouble } from "../who/card";
import { AddressChip } from "../who/chip";
import { Code } from "../explain/code";
import { counted } from "../explain/figures";
import { again, form, isBusy, isUntested, notes, progress, test, trouble } from "./question";

/** The result of the test. */
export function Tested() {
  const told = test.value;
  if (!form.value.isTested || log.value === null) {
    return <p class="advice">The rule is not tested: it is not known who else it would have hit.</p>;
  }
  const times = view.value.during ?? view.value.span;
  return (
    <section class="block-part" aria-labelledby="tested-title" aria-busy={isBusy.value}>
      <div class="block-part-head">
        <h3 id="tested-title">What it would have done</h3>
        <span class="quiet">{times === null ? "in the whole log" : span(times)}</span>
      </div>
      {trouble.value !== null && <Trouble failure={trouble.value} />}
      <div role="status">
        {told === null && isBusy.value && (
          <p class="quiet">{progress.value === null ? "testing it on the logs …" : `testing it: ${counted(progress.value.rows, "row")} so far`}</p>
        )}
        {isUntested.value && (
          <p class="advice">
            {trouble.value === null ? "The test was ended: it is not known who else is hit. " : "The test failed: it is not known who else is hit. "}
            <button type="button" class="button small" onClick={again}>Test it again</button>
          </p>
        )}
        {told?.sentences.map((sentence) => <p key={sentence} class="tested-sentence"><Code text={sentence} /></p>)}
      </div>
      {told !== null && told !== undefined && told.bystanders.length > 0 && (
        <details class="bystanders" open={told.bystanders.length <= 6}>
          <summary>{`Who else is hit: ${counted(told.bystanders_total, "address", "addresses")}`}</summary>
          <table>
            <thead><tr><th scope="col">address</th><th scope="col">blocked</th><th scope="col">bytes</th></tr></thead>
            <tbody>
              {told.bystanders.map((one) => (
                <tr key={one.address}>
                  <th scope="row">
                    {one.address === null ? <span class="null">NULL</span> : <AddressChip address={one.address} field={log.value?.client ?? ""} />}
                    {one.name !== null && <span class="bystander-name">{plain(one.name)}</span>}
                  </th>
                  <td>{number(Math.round(one.blocked))}</td>
                  <td>{amount(one.blocked_bytes, "bytes")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
      {[...(told?.caveats ?? []), ...notes.value].map((caveat) => <p key={caveat} class="quiet tested-caveat"><Code text={caveat} /></p>)}
      {told !== null && told !== undefined && told.statements.length > 0 && (
        <p class="tested-proof">
          <span class="quiet">proof</span>
          {told.statements.map((statement, at) => <AsMenu key={statement} sql={statement} label={`Statement ${at + 1} of the test`} />)}
        </p>
      )}
    </section>
  );
}
