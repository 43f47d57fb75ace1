import { ERROR_CODES, SallyportError, type ErrorCode } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';

/** What a role says of itself when it is ready, for instance its port. */
export type Detail = Readonly<Record<string, string | number>>;

/** A role's exit code when starting it again would end the same way. */
export const FINAL_EXIT_CODE = 2;

/** What the supervisor writes to a role's stdin when everything that the role needs is running. */
export const GO = 'go\n';

/** Errors of a start that may pass by themselves; all others need a person. */
const PASSING: ReadonlySet<ErrorCode> = new Set(['ERR_STORE_UNAVAILABLE', 'ERR_LINK_UNAVAILABLE', 'ERR_JOURNAL_UNAVAILABLE', 'ERR_INTERNAL']);

/** For a role's own process: waits for the supervisor's word. False: it was told to stop, or the supervisor is gone. */
export async function untilGo(signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  if (signal.aborted) resolve(false);
  signal.addEventListener('abort', () => resolve(false), { once: true });
  process.stdin.once('data', () => resolve(true)).once('end', () => resolve(false)).once('close', () => resolve(false));
  return promise;
}

/** A role that has started. */
export interface Running {
  /** What it says when it is ready. */
  readonly detail: Detail;
  /** Ends it in order. */
  close(): Promise<void>;
}

/** For a role's own process: says that it is ready, and closes it once when `signal` aborts or, where there is one, its supervisor is gone. */
export async function serveUntilStopped(running: Running, signal: AbortSignal, isSupervised: boolean): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => stopped.resolve(), { once: true });
  // What an init system gives as stdin has ended before it began.
  if (isSupervised) process.stdin.on('end', () => stopped.resolve()).on('close', () => stopped.resolve()).resume();
  // Either may have been while the role was starting; then no event comes any more.
  if (signal.aborted || (isSupervised && (process.stdin.readableEnded || process.stdin.destroyed))) stopped.resolve();
  process.stdout.write(`${JSON.stringify(running.detail)}\n`);
  await stopped.promise;
  await running.close();
  // A stdin that is still read keeps the process alive after everything else has ended.
  if (isSupervised) process.stdin.destroy();
}

/** For a role's own process: tells the supervisor why the role ends, and gives the exit code. */
export function sayFault(fault: unknown): number {
  const why = fault instanceof Error ? fault.message : 'not an error';
  const known = fault instanceof SallyportError ? fault : new SallyportError('ERR_INTERNAL', `the role broke: ${why}`);
  const { code, message, remedy } = known;
  process.stdout.write(`${JSON.stringify({ error: { code, message, ...(remedy === undefined ? {} : { remedy }) } })}\n`);
  return PASSING.has(code) ? 1 : FINAL_EXIT_CODE;
}

/** Of one line on a role's stdout. A role that was broken into could otherwise fill the supervisor's memory, and all roles end with that. */
const SAID_CHARS_MAX = 64 * 1024;

/**
 * Reads what a role says, one JSON line each: that it is ready (which it says once), or why it ends. Resolves with the latter
 * when the role has ended.
 */
export async function readSaid(stdout: ReadableStream<Uint8Array>, onReady: (detail: Detail) => void): Promise<SallyportError | undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  let isReady = false;
  let error: SallyportError | undefined;
  for await (const chunk of stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    // Of a longer line the beginning goes; what is left of it is no JSON.
    rest = (lines.pop() ?? '').slice(-SAID_CHARS_MAX);
    for (const line of lines) {
      const said = parse(line);
      if (said === undefined) continue;
      if (isObject(said['error'])) error = errorOf(said['error']);
      else if (!isReady) {
        isReady = true;
        onReady(detailOf(said));
      }
    }
  }
  return error;
}

/** Only a role's own words are JSON objects; anything else on its stdout is noise of a library. */
function parse(line: string): Readonly<Record<string, Json | undefined>> | undefined {
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function detailOf(said: Readonly<Record<string, Json | undefined>>): Detail {
  const plain = Object.entries(said).flatMap(([name, value]) => (typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : []));
  return Object.fromEntries(plain);
}

function errorOf({ code, message, remedy }: Readonly<Record<string, Json | undefined>>): SallyportError {
  const known = ERROR_CODES.find((one) => one === code) ?? 'ERR_INTERNAL';
  return new SallyportError(known, typeof message === 'string' ? message : 'it did not say why', typeof remedy === 'string' ? { remedy } : {});
}
