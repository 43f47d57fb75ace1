import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { SallyportError } from '../domain/errors.ts';
import { formatEvent, parseSse, type SseEvent } from './sse.ts';

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(Math.max(cut, start), bytes.length);
    yield bytes.subarray(start, end);
    start = end;
  }
  yield bytes.subarray(start);
}

async function parse(text: string | Uint8Array, cuts: readonly number[] = [], eventBytesMax = 1000): Promise<SseEvent[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return Array.fromAsync(parseSse(pieces(bytes, cuts), { eventBytesMax }));
}

async function codeOf(events: Promise<unknown>): Promise<string> {
  return events.then(
    () => 'accepted',
    (fault) => (fault instanceof SallyportError ? fault.code : 'crash'),
  );
}

describe('reading', () => {
  test.each<[string, string, SseEvent[]]>([
    ['one line', 'data: a\n\n', [{ data: 'a' }]],
    ['CR', 'data: a\r\rdata: b\r\r', [{ data: 'a' }, { data: 'b' }]],
    ['CRLF', 'data: a\r\ndata: b\r\n\r\n', [{ data: 'a\nb' }]],
    ['all breaks in one', 'data: a\rdata: b\ndata: c\r\n\n', [{ data: 'a\nb\nc' }]],
    ['a BOM', '\uFEFFdata: a\n\n', [{ data: 'a' }]],
    ['one space is cut, a second is kept', 'data:a\ndata:  b\n\n', [{ data: 'a\n b' }]],
    ['fields', 'event: message\nid: 7\nretry: 100\ndata: x\n\n', [{ event: 'message', id: '7', retry: 100, data: 'x' }]],
    ['a field without colon', 'data\ndata\n\n', [{ data: '\n' }]],
    ['comments and unknown fields', ': hello\nfoo: bar\n data: x\ndata: y\n\n', [{ data: 'y' }]],
    ['a priming event', 'id: 1\ndata:\n\n', [{ id: '1', data: '' }]],
    ['an id alone', 'id: 1\n\n', [{ id: '1', data: '' }]],
    ['nothing but a type', 'event: x\n\ndata: y\n\n', [{ data: 'y' }]],
    ['an id with NUL', 'id: a\0b\ndata: x\n\n', [{ data: 'x' }]],
    ['an id that is cleared', 'id\ndata: x\n\n', [{ id: '', data: 'x' }]],
    ['retry that is no number', 'retry: 1s\ndata: x\n\n', [{ data: 'x' }]],
    ['an event that is cut off', 'data: a\n\ndata: b\n', [{ data: 'a' }]],
    ['an event that is cut off in its line', 'data: a\n\ndata: b', [{ data: 'a' }]],
    ['a colon in the data', 'data: {"a":1}\n\n', [{ data: '{"a":1}' }]],
    ['separators of Unicode are text', 'data: a\u2028b\u0085c\n\n', [{ data: 'a\u2028b\u0085c' }]],
  ])('%s', async (_name, text, events) => {
    const bytes = Buffer.from(text);
    expect(await parse(bytes)).toEqual(events);
    // Cut at every byte, and into single bytes: never another result.
    for (let cut = 0; cut <= bytes.length; cut++) expect(await parse(bytes, [cut])).toEqual(events);
    expect(await parse(bytes, Array.from(bytes.keys()))).toEqual(events);
  });

  test('an event or line over the limit ends the stream', async () => {
    expect(await codeOf(parse(`data: ${'a'.repeat(994)}\n\n`))).toBe('accepted');
    expect(await codeOf(parse(`data: ${'a'.repeat(1001)}\n\n`))).toBe('ERR_BODY_TOO_LARGE');
    expect(
      await codeOf(
        parse(
          `data: ${'a'.repeat(1001)}`,
          Array.from({ length: 100 }, (_, index) => index * 10),
        ),
      ),
    ).toBe('ERR_BODY_TOO_LARGE');
    expect(await codeOf(parse('data:\n'.repeat(1002)))).toBe('ERR_BODY_TOO_LARGE');
    expect(await codeOf(parse(`${'data: abc\n'.repeat(100)}\n`.repeat(20)))).toBe('accepted');
  });

  test('bad UTF-8 is refused, also at the end', async () => {
    expect(await codeOf(parse(Uint8Array.of(0x64, 0xff, 0x0a)))).toBe('ERR_BODY_ENCODING');
    expect(await codeOf(parse(Uint8Array.of(0x64, 0xc3)))).toBe('ERR_BODY_ENCODING');
  });
});

describe('writing', () => {
  test('what is written is read again, whatever the data holds and wherever it is cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', ' ', '\n', '\r', 'data: ', 'ä', '😀', '\u2028', '{}'), maxLength: 12 });
    const events = fc.array(fc.record({ data: text, id: fc.option(fc.constantFrom('1', 'a b', 'ü'), { nil: undefined }) }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(events, fc.array(fc.nat({ max: 200 })), async (written, cuts) => {
        const wire = written.map(({ data, id }) => formatEvent(id === undefined ? { data } : { data, id })).join('');
        const expected = written.map(({ data, id }) => ({ ...(id === undefined ? {} : { id }), data: data.replace(/\r\n?/g, '\n') }));
        expect(await parse(wire, cuts)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test.each([{ id: '1\ndata: evil' }, { id: 'a\rb' }, { id: 'a\0' }, { event: 'x\n\n' }, { retry: 1.5 }, { retry: -1 }])(
    '%j cannot be injected',
    (field) => {
      expect(() => formatEvent({ data: '', ...field })).toThrow(SallyportError);
    },
  );
});
