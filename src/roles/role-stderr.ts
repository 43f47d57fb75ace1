import { plain } from '../cli/terminal.ts';
import { LIMITS } from '../domain/limits.ts';

const WINDOW_MS = 1_000;

/**
 * Passes on what a role writes to stderr, to the supervisor's own: as text that is safe for a terminal, and no more in a second
 * than `LIMITS.roleStderrBytesPerSecond`; what is dropped is said. Ends with the stream.
 */
export async function passOn(role: string, stream: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let [since, passed, dropped] = [0, 0, 0];
  for await (const chunk of stream) {
    const now = Date.now();
    if (now - since >= WINDOW_MS) {
      if (dropped > 0) process.stderr.write(`${role}: ${dropped} more bytes of messages were dropped\n`);
      [since, passed, dropped] = [now, 0, 0];
    }
    if (passed + chunk.byteLength > LIMITS.roleStderrBytesPerSecond) {
      dropped += chunk.byteLength;
      continue;
    }
    passed += chunk.byteLength;
    process.stderr.write(plain(decoder.decode(chunk, { stream: true }), true));
  }
  if (dropped > 0) process.stderr.write(`${role}: ${dropped} more bytes of messages were dropped\n`);
}
