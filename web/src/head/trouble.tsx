// What is said where nothing can be shown: what went wrong, with the way out, and how to begin.

import type { Failure } from "../api";
import { plain } from "../format";
import { Icon } from "../ui/icon";

/** A failure, as an alert. */
export function Alert({ failure, again, dismiss }: { failure: Failure; again?: () => void; dismiss?: () => void }) {
  return (
    <div class="alert" role="alert">
      <Icon name="warning" />
      <div class="alert-text">
        <p>{plain(failure.message)}</p>
        {failure.hint !== null && <p class="alert-hint">{plain(failure.hint)}</p>}
      </div>
      {again && <button type="button" class="button small" onClick={again}>Try again</button>}
      {dismiss && <button type="button" class="button bare small" aria-label="Dismiss" onClick={dismiss}><Icon name="close" /></button>}
    </div>
  );
}

/** How to begin, as no logs are at hand. */
export function NoLogs({ notes, again }: { notes: string[]; again: () => void }) {
  return (
    <main class="welcome" id="part">
      <h2>No logs yet</h2>
      <p>Floodmark reads the logs that AWS leaves in S3 where they lie, or copies of them on this disk. Say where they are:</p>
      <pre>floodmark open s3://your-bucket/AWSLogs/</pre>
      <pre>floodmark open ./logs/</pre>
      <p>It finds out by itself which logs these are: load balancers, VPC flow, CloudFront, WAF, DNS, S3 access and more. To try it with logs that are made up:</p>
      <pre>{"floodmark demo --folder demo --generate-only\nfloodmark open demo"}</pre>
      {notes.length > 0 && <ul class="welcome-notes" role="status">{notes.map((note, at) => <li key={at}>{plain(note)}</li>)}</ul>}
      <p><button type="button" class="button" onClick={again}>Look again</button></p>
    </main>
  );
}
