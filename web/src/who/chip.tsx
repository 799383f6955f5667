// An address with what is known of it.

import { plain } from "../format";

/** An address of a field: its label, and a menu of what can be done with it. */
export function AddressChip({ address }: { address: string; field: string }) {
  return <span>{plain(address)}</span>;
}
