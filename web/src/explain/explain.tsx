// Where a change in traffic comes from: what was brushed against what it is compared with.

/** The side panel with the explanation. */
export function ExplainPanel() {
  return <section />;
}
