// The editor of SQL, and what its statements give.

export function Sql() {
  return <main />;
}
