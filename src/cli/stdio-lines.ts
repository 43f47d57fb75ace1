/** A line of stdin: a message, or that one was longer than any message may be. */
export type Line = { readonly text: string } | { readonly tooLong: true };

/** Bytes → lines (MCP stdio transport: one message a line). Ends with the input, or when the signal aborts; blank lines are skipped. */
export async function* readLines(input: AsyncIterable<Uint8Array | string>, lengthMax: number, signal: AbortSignal): AsyncGenerator<Line, void, undefined> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of untilAborted(input, signal)) {
    const pieces = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    for (const [index, piece] of pieces.entries()) {
      length += piece.length;
      // What is too long is dropped as it comes; only its length is still counted.
      if (length <= lengthMax) parts.push(piece);
      else parts = [];
      if (index === pieces.length - 1) break;
      const text = parts.join('');
      if (length > lengthMax) yield { tooLong: true };
      else if (text.trim() !== '') yield { text };
      parts = [];
      length = 0;
    }
  }
  const last = parts.join('');
  if (last.trim() !== '') yield { text: last };
}

/** A read of stdin can't be interrupted, so it is left behind. */
async function* untilAborted<T>(input: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const onAbort = (): void => aborted.resolve(undefined);
  if (signal.aborted) return;
  signal.addEventListener('abort', onAbort, { once: true });
  const iterator = input[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted.promise]);
    if (next === undefined || next.done === true) break;
    yield next.value;
  }
  signal.removeEventListener('abort', onAbort);
}
