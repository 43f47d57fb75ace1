import { SallyportError } from '../domain/errors.ts';

/** One event of a `text/event-stream`. */
export interface SseEvent {
  /** The event's type, where it has one of its own. */
  readonly event?: string;
  /** Empty for an event that only carries an id or a retry time. */
  readonly data: string;
  readonly id?: string;
  /** Milliseconds. */
  readonly retry?: number;
}

/**
 * Reads a stream of events by the rules of the WHATWG HTML standard, section 9.2: lines end with CR, LF or CRLF, one leading
 * BOM is skipped, an event that the stream's end cuts off is dropped. Two departures: UTF-8 is not repaired, and an event
 * without data is told too where it has an id or a retry time, because a proxy must pass them on. Comments are skipped.
 * Throws ERR_BODY_ENCODING; ERR_BODY_TOO_LARGE for an event or line of more than `eventBytesMax`.
 */
export async function* parseSse(
  chunks: AsyncIterable<Uint8Array>,
  limits: { readonly eventBytesMax: number },
): AsyncGenerator<SseEvent, void, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const lines = new LineSplitter(limits.eventBytesMax);
  const events = new EventBuilder(limits.eventBytesMax);
  for await (const chunk of chunks) {
    for (const line of lines.push(decode(decoder, chunk))) {
      const event = events.push(line);
      if (event !== undefined) yield event;
    }
  }
  decode(decoder, undefined);
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (cause) {
    throw new SallyportError('ERR_BODY_ENCODING', 'The event stream is not valid UTF-8', { cause });
  }
}

/** Text in pieces → whole lines. What is left of a line waits for the next piece; a CR at the end may be half of a CRLF. */
class LineSplitter {
  readonly #lengthMax: number;
  #rest: string[] = [];
  #restLength = 0;
  #afterCr = false;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  *push(piece: string): Generator<string, void, undefined> {
    let start = 0;
    if (this.#afterCr && piece.length > 0) {
      this.#afterCr = false;
      if (piece.charCodeAt(0) === 0x0a) start = 1;
    }
    // Both kinds of break are looked for at most once per find, so that a piece without one of them stays linear.
    let lf = piece.indexOf('\n', start);
    let cr = piece.indexOf('\r', start);
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      yield this.#take(piece.slice(start, end));
      start = end + 1;
      if (end === cr) {
        if (start === piece.length) this.#afterCr = true;
        else if (piece.charCodeAt(start) === 0x0a) start++;
        cr = piece.indexOf('\r', start);
      }
      if (lf !== -1 && lf < start) lf = piece.indexOf('\n', start);
    }
    this.#keep(piece.slice(start));
  }

  #keep(text: string): void {
    if (text === '') return;
    this.#restLength += text.length;
    if (this.#restLength > this.#lengthMax) throw tooLarge(this.#lengthMax);
    this.#rest.push(text);
  }

  #take(last: string): string {
    if (this.#rest.length === 0) return last;
    const line = this.#rest.join('') + last;
    this.#rest = [];
    this.#restLength = 0;
    return line;
  }
}

/** Lines → events. */
class EventBuilder {
  readonly #lengthMax: number;
  #data: string[] = [];
  #length = 0;
  #event = '';
  #id: string | undefined;
  #retry: number | undefined;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  push(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
    if (field === 'data') {
      // Counted with its line break: otherwise empty lines would cost memory and count for nothing.
      this.#length += value.length + 1;
      if (this.#length > this.#lengthMax) throw tooLarge(this.#lengthMax);
      this.#data.push(value);
    } else if (field === 'event') this.#event = value;
    else if (field === 'id') {
      if (!value.includes('\0')) this.#id = value;
    } else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.#retry = Number(value);
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const isEvent = this.#data.length > 0 || this.#id !== undefined || this.#retry !== undefined;
    const event: SseEvent = {
      ...(this.#event === '' ? {} : { event: this.#event }),
      data: this.#data.join('\n'),
      ...(this.#id === undefined ? {} : { id: this.#id }),
      ...(this.#retry === undefined ? {} : { retry: this.#retry }),
    };
    this.#data = [];
    this.#length = 0;
    this.#event = '';
    this.#id = undefined;
    this.#retry = undefined;
    return isEvent ? event : undefined;
  }
}

function tooLarge(lengthMax: number): SallyportError {
  return new SallyportError('ERR_BODY_TOO_LARGE', `An event of the stream is larger than ${lengthMax} bytes`);
}

/**
 * The text of one event. Line breaks in `data` become further data lines; in `id` or `event` they would start a field of
 * someone else's choosing, so they are refused. Throws ERR_INTERNAL.
 */
export function formatEvent({ event, data, id, retry }: SseEvent): string {
  let text = '';
  if (event !== undefined) text += `event: ${oneLine(event)}\n`;
  if (id !== undefined) text += `id: ${oneLine(id)}\n`;
  if (retry !== undefined) {
    if (!Number.isSafeInteger(retry) || retry < 0) throw unwritable();
    text += `retry: ${retry}\n`;
  }
  const isOneLine = !data.includes('\n') && !data.includes('\r');
  return `${text}data: ${isOneLine ? data : data.split(/\r\n|\r|\n/).join('\ndata: ')}\n\n`;
}

function oneLine(value: string): string {
  if (value.includes('\n') || value.includes('\r') || value.includes('\0')) throw unwritable();
  return value;
}

function unwritable(): SallyportError {
  return new SallyportError('ERR_INTERNAL', 'The gate failed on this request.', { internal: 'an event field cannot be written' });
}
