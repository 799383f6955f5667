// Requests to the server of the page: JSON in, JSON or lines of JSON out.

import type { Failure } from "./api";

/** Where the API is, beside the page. */
const API = new URL("api/", document.baseURI);

/** An answer that is none, with the way out. */
export class CallError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** Asks for a JSON; with a body by POST, without by GET. */
export async function ask<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(path, body, signal);
  return (await response.json()) as T;
}

/** Asks for lines of JSON, and hands each on as it comes. Whoever aborts the signal ends the work of the server as well. */
export async function stream<T>(path: string, body: unknown, signal: AbortSignal, take: (message: T) => void): Promise<void> {
  const response = await send(path, body, signal);
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value ?? "";
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line !== "") take(JSON.parse(line) as T);
    }
    if (done) break;
  }
  if (rest.trim() !== "") throw new CallError(broken("the answer ended in the middle"));
}

/** The address of a file with the rows of a statement. */
export function exported(format: string, sql: string, database: string): string {
  const url = new URL("export", API);
  url.search = new URLSearchParams({ format, sql, database }).toString();
  return url.href;
}

/** What went wrong, as the server says failures. */
export function failure(error: unknown): Failure {
  if (error instanceof CallError) return error.failure;
  return broken(error instanceof Error ? error.message : String(error));
}

/** Whether an error is only that somebody no longer wants the answer. */
export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function send(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { credentials: "same-origin", signal: signal ?? null };
  if (body !== undefined) {
    init.method = "POST";
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(new URL(path, API), init);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new CallError(broken("the server does not answer"));
  }
  if (response.ok) return response;
  const told = (await response.json().catch(() => null)) as { error?: Failure } | null;
  throw new CallError(told?.error ?? broken(`the server answers ${response.status}`));
}

function broken(message: string): Failure {
  return { kind: "Unavailable", message, hint: "is `floodmark serve` still running? Its terminal says more" };
}
