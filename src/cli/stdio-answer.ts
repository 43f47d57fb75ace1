import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { parseSse } from '../mcp/sse.ts';

/** One message of an HTTP response, as the line that stdio carries, and read. */
export interface Answered {
  /** Exactly the bytes of the gate but for line breaks between tokens: numbers keep their spelling. */
  readonly line: string;
  /** Undefined when it is a batch. */
  readonly message: JsonObject | undefined;
}

/** Where a stream stands, so that it can be taken up again. */
export interface Place {
  readonly eventId: string | undefined;
  readonly retryMs: number | undefined;
}

/** Reads a response of the gate, JSON or event stream, message by message; what is not JSON is skipped. Resolves with the last place. */
export async function readAnswer(response: Response, onMessage: (answer: Answered) => void, at: (place: Place) => void = () => undefined): Promise<void> {
  const emit = (text: string): void => {
    const value = parse(text);
    if (value !== undefined) onMessage({ line: /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]+/g, ' ') : text, message: isObject(value) ? value : undefined });
  };
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true || response.body === null) return emit(await response.text());
  for await (const { data, id, retry } of parseSse(response.body, { eventBytesMax: LIMITS.sseEventBytesMax })) {
    if (id !== undefined || retry !== undefined) at({ eventId: id, retryMs: retry });
    if (data !== '') emit(data);
  }
}

function parse(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** The error in a message, with our own code where it is one of ours. */
export function errorIn(message: JsonObject | undefined): { readonly rpcCode: Json | undefined; readonly code: Json | undefined } | undefined {
  const error = message?.['error'];
  if (!isObject(error)) return undefined;
  const data = error['data'];
  return { rpcCode: error['code'], code: isObject(data) ? data['code'] : undefined };
}
