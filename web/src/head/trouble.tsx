// What is said where nothing can be shown: what went wrong, with the way out, and how to begin.

import { emptyPlace } from "../address";
import type { Failure } from "../api";
import { Code } from "../explain/code";
import { plain } from "../format";
import { Icon } from "../ui/icon";
import { go, place, start } from "../view";

/** A failure, as an alert. */
export function Alert(properties: {
  failure: Failure;
  /** What it happened in, if it does not say so itself. */
  where?: string | undefined;
  again?: () => void;
  dismiss?: () => void;
  /** A way out that is more than to try again. */
  way?: { label: string; run: () => void } | undefined;
}) {
  const { failure, where, again, dismiss, way } = properties;
  return (
    <div class="alert" role="alert">
      <Icon name="warning" />
      <div class="alert-text">
        <p>{where !== undefined && `${where}: `}<Code text={failure.message} /></p>
        {failure.hint !== null && <p class="alert-hint"><Code text={failure.hint} /></p>}
      </div>
      {way && <button type="button" class="button small" onClick={way.run}>{way.label}</button>}
      {again && <button type="button" class="button small" onClick={again}>Try again</button>}
      {dismiss && <button type="button" class="button bare small" aria-label="Dismiss" onClick={dismiss}><Icon name="close" /></button>}
    </div>
  );
}

/** What is said of a log that is not at hand, with those that are. */
export function NoSuchLog({ name }: { name: string }) {
  return (
    <main class="welcome" id="part">
      <h2>No such log</h2>
      <p>The address asks for the log <code>{plain(name)}</code>, which is not at hand here. These are:</p>
      <ul class="welcome-logs">
        {(start.value?.logs ?? []).map((one) => (
          <li key={one.name}>
            <button type="button" class="button" onClick={() => go({ ...emptyPlace(one.name), zone: place.value.zone })}>{one.title}</button> <code>{one.name}</code>
          </li>
        ))}
      </ul>
    </main>
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
      {notes.length > 0 && <ul class="welcome-notes" role="status">{notes.map((note, at) => <li key={at}><Code text={note} /></li>)}</ul>}
      <p><button type="button" class="button" onClick={again}>Look again</button></p>
    </main>
  );
}
