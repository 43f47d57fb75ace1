import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

const LF = 0x0a;
const CR = 0x0d;

/**
 * Lines of a byte stream as text, without their ends; empty lines are skipped. Nothing is read ahead of the consumer.
 * Throws `ERR_UPSTREAM_TOO_LARGE` beyond `maxBytes` in a line, `ERR_UPSTREAM_PROTOCOL` for what is not UTF-8.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>, maxBytes: number = LIMITS.stdioLineBytesMax,
): AsyncGenerator<string, void, undefined> {
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      if (held + end - start > maxBytes) throw tooLong(maxBytes);
      const line = toText(held === 0 ? chunk.subarray(start, end) : Buffer.concat([...parts, chunk.subarray(start, end)]));
      parts = [];
      held = 0;
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start === chunk.byteLength) continue;
    parts.push(chunk.subarray(start));
    held += chunk.byteLength - start;
    if (held > maxBytes) throw tooLong(maxBytes);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function toText(line: Uint8Array): string {
  const bytes = line.at(-1) === CR ? line.subarray(0, -1) : line;
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new SallyportError('ERR_UPSTREAM_PROTOCOL', 'The server wrote a line that is not UTF-8.', { cause });
  }
}

function tooLong(maxBytes: number): SallyportError {
  return new SallyportError('ERR_UPSTREAM_TOO_LARGE', `The server wrote a line longer than ${maxBytes} bytes.`);
}
