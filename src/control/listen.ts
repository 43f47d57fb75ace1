import { chmodSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { AuthenticateAdmin } from './admins/authenticate.ts';
import type { Control } from './control.ts';
import { findRoute } from './match-path.ts';
import { describeApi } from './openapi.ts';
import { refuse } from './refuse.ts';
import type { Answer } from './route.ts';
import { ROUTES } from './routes.ts';

const PREFIX = '/api/v1';
const EVENT = z.object({ event: z.string().regex(/^[a-z]+$/), data: z.unknown() });

export interface ApiServer {
  /** Stops accepting, lets what is running end, closes streams. */
  readonly close: () => Promise<void>;
}

/** Serves the control API on a unix socket (0600): the file's mode keeps other users out, the token other programs of this user. */
export function serveApi(socket: string, authenticate: AuthenticateAdmin, control: Control, report: (line: string) => void): ApiServer {
  const ending = new AbortController();
  // A killed control leaves its socket behind. Nobody else listens there: control's link, which is served first, proves it.
  rmSync(socket, { force: true });
  // A file cannot be opened between its making and a chmod, if its very first mode is already narrow.
  const umask = process.umask(0o177);
  try {
    const server = Bun.serve({
      unix: socket, maxRequestBodySize: LIMITS.bodyBytesMax,
      // Streams may be silent for long; a change may compile for long. Asked for a single request, the runtime forgets it on a unix
      // socket; for all of them it heeds it, though its types know it for ports only.
      ...({ idleTimeout: 0 } as object),
      fetch: (request) => answerApi(request, authenticate, control, ending.signal, true).catch((error: unknown) => refuse(error, report)),
      error: (error) => refuse(error, report),
    });
    chmodSync(socket, 0o600);
    return {
      close: async () => {
        ending.abort();
        await server.stop();
      },
    };
  } finally {
    process.umask(umask);
  }
}

/** One request to the API, on whichever of control's doors it came; `local`: on the socket of this machine. Throws what the door then shows. */
export async function answerApi(
  request: Request, authenticate: AuthenticateAdmin, control: Control, ending: AbortSignal, local = false,
): Promise<Response> {
  const admin = await authenticate(request, control);
  const url = new URL(request.url);
  if (url.pathname === `${PREFIX}/openapi.json`) return Response.json(describeApi(ROUTES));
  const path = url.pathname.startsWith(`${PREFIX}/`) ? url.pathname.slice(PREFIX.length) : '';
  const { route, params } = findRoute(ROUTES, request.method, path, `See ${PREFIX}/openapi.json.`);
  if (route.local && !local) {
    throw new SallyportError('ERR_METHOD_NOT_ALLOWED', 'this is possible on the machine that runs control only', { remedy: 'Use the command line there.' });
  }
  const signal = AbortSignal.any([request.signal, ending]);
  const body = route.body === undefined ? undefined : await readBody(request);
  return present(await route.run({ admin, params, query: readQuery(url.searchParams), body, signal }, control), signal, route.streams === 'events');
}

/** Each name once: two values for one name would let two readers see two requests. */
function readQuery(search: URLSearchParams): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [name, value] of search) {
    if (Object.hasOwn(query, name)) throw new SallyportError('ERR_REQUEST_INVALID', `query.${name} is given twice`, { remedy: 'Give each name once.' });
    query[name] = value;
  }
  return query;
}

/** A JSON body; undefined where there is none. Throws `ERR_CONTENT_TYPE`, `ERR_JSON_INVALID`. */
export async function readBody(request: Request): Promise<unknown> {
  const text = await request.text();
  if (text === '') return undefined;
  if (!/^application\/json(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new SallyportError('ERR_CONTENT_TYPE', 'a body must be application/json', { remedy: 'Send `content-type: application/json`.' });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new SallyportError('ERR_JSON_INVALID', 'the body is not JSON', { remedy: 'Send one JSON object.', cause });
  }
}

function present(answer: Answer, signal: AbortSignal, events: boolean): Response {
  if (!isStream(answer)) return Response.json(answer);
  const lines = answer[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new Response(new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await lines.next();
      if (next.done === true || signal.aborted) return controller.close();
      controller.enqueue(encoder.encode(events ? toEvent(next.value) : `${JSON.stringify(next.value)}\n`));
    },
    cancel: async () => {
      await lines.return?.();
    },
    // `x-accel-buffering`: a proxy that gathers what it passes on would hold events back.
  }), { headers: { 'content-type': events ? 'text/event-stream' : 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } });
}

/** One event (WHATWG HTML, server-sent events). JSON has no line breaks of its own, so that nothing in the data can end it. */
function toEvent(value: Json): string {
  const { event, data } = EVENT.parse(value);
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function isStream(answer: Answer): answer is AsyncIterable<Json> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}
