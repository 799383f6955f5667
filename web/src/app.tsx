// The page: what all parts share, and the part that is shown.

import { Discover } from "./discover/discover";

export function App() {
  return <Discover />;
}
