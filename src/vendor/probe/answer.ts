import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Answer } from './wire.ts';

/**
 * Reads what came back, as far as it is read: a stream until the message with `id` (or, without one, until its first event), everything else
 * until its end, at most `LIMITS.vendorAnswerBytesMax`.
 */
export async function readAnswer(response: Response, id: string | undefined): Promise<Answer> {
  const { status, headers } = response;
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  const events = createEvents();
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let [text, bytes] = ['', 0];
  try {
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      bytes += read.value.byteLength;
      const piece = decoder.decode(read.value, { stream: true });
      if (isStream) events.take(piece);
      else text += piece;
      if (bytes >= LIMITS.vendorAnswerBytesMax || events.isEnough(id)) break;
    }
  } catch (cause) {
    // A stream that says nothing more has said something, at least its headers.
    if (!isStream) throw cause;
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  if (!isStream) return { status, headers, text, ...withJson(objectOf(text)) };
  const [first] = events.all;
  const chosen = events.answerTo(id) ?? first;
  return { status, headers, text: chosen?.data ?? '', ...(first === undefined ? {} : { event: first.name }), ...withJson(objectOf(chosen?.data ?? '')) };
}

interface Event {
  readonly name: string;
  readonly data: string;
}

interface Events {
  readonly all: readonly Event[];
  take(piece: string): void;
  isEnough(id: string | undefined): boolean;
  answerTo(id: string | undefined): Event | undefined;
}

/** The events of a stream (WHATWG, `text/event-stream`), as they become whole. */
function createEvents(): Events {
  const all: Event[] = [];
  let rest = '';
  const answerTo = (id: string | undefined): Event | undefined => (id === undefined ? undefined : all.find(({ data }) => objectOf(data)?.['id'] === id));
  return {
    all, answerTo,
    take: (piece) => {
      const blocks = (rest + piece).split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = block.split(/\r\n|\n|\r/).map(fieldOf);
        const data = fields.filter(([name]) => name === 'data').map(([, value]) => value).join('\n');
        if (data !== '') all.push({ name: fields.findLast(([name]) => name === 'event')?.[1] ?? 'message', data });
      }
    },
    isEnough: (id) => (id === undefined ? all.length > 0 : answerTo(id) !== undefined || all[0]?.name === 'endpoint'),
  };
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

function withJson(json: JsonObject | undefined): { readonly json?: JsonObject } {
  return json === undefined ? {} : { json };
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
