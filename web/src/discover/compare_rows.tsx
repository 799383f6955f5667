// Two rows side by side, what differs first.

import { moment, plain } from "../format";
import { type LoadedRow, rows } from "../panels";
import { openDialog } from "../ui/popover";

/** Shows two rows side by side. */
export function compareRows([one, other]: LoadedRow[]): void {
  const names = rows.value?.columns ?? [];
  if (one === undefined || other === undefined) return;
  const all = names.map((name, at) => ({ name, left: one.cells[at] ?? null, right: other.cells[at] ?? null }));
  const [different, equal] = [all.filter(({ left, right }) => left !== right), all.filter(({ left, right }) => left === right)];
  const head = (row: LoadedRow) => (row.time === null ? "no time" : moment(row.time));
  openDialog("Two rows", () => (
    <div class="bins" tabIndex={0} role="region" aria-label="Two rows">
      <table class="compared">
        <thead><tr><th scope="col">Field</th><th scope="col">{head(one)}</th><th scope="col">{head(other)}</th></tr></thead>
        {([["Different", different, "different"], ["Equal", equal, "equal"]] as const).filter(([, of]) => of.length > 0).map(([title, of, className]) => (
          <tbody key={title} class={className}>
            <tr><th scope="rowgroup" colSpan={3}>{title}: {of.length}</th></tr>
            {of.map(({ name, left, right }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {[left, right].map((value, at) => <td key={at}>{value === null ? <span class="null">NULL</span> : plain(value)}</td>)}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  ), "wide");
}
