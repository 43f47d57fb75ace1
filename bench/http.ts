/** One HTTP/1.1 message as the bench needs it: the head as text, the whole body as text. */
export interface HttpMessage {
  readonly head: string;
  readonly body: string;
}

interface Framed {
  readonly message: HttpMessage;
  readonly end: number;
}

/**
 * Reads HTTP/1.1 messages off a raw socket, for the stub (requests) and the load generator (responses). Raw sockets
 * keep both cheap, so that what is between them is what the machine's time goes to.
 */
export function createReader(onMessage: (message: HttpMessage) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let framed = frame(bytes); framed !== undefined; framed = frame(bytes)) {
      bytes = bytes.subarray(framed.end);
      onMessage(framed.message);
    }
    // The runtime reuses the chunk's memory after the callback: what stays is copied.
    pending = bytes.length === 0 ? bytes : Buffer.from(bytes);
  };
}

function frame(bytes: Buffer): Framed | undefined {
  const split = bytes.indexOf('\r\n\r\n');
  if (split < 0) return undefined;
  const head = bytes.toString('latin1', 0, split);
  const start = split + 4;
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return frameChunked(bytes, head, start);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < start + length) return undefined;
  return { message: { head, body: bytes.toString('utf8', start, start + length) }, end: start + length };
}

function frameChunked(bytes: Buffer, head: string, start: number): Framed | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { message: { head, body: Buffer.concat(parts).toString() }, end: next };
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = next;
  }
}

export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`\\r\\n${name}: *([^\\r]*)`, 'i').exec(head)?.[1];
}

export function statusOf(head: string): number {
  return Number(head.slice(9, 12));
}
