// What is to be blocked: a list that is being collected, the rule of it, and what it would have hit.

/** The side panel with the list and its rule. */
export function BlockPanel() {
  return <section />;
}
