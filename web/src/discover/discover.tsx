// Browse and brush: the timeline, the fields, and the rows.

export function Discover() {
  return <main />;
}
