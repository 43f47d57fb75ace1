import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { FRAME, FrameReader, Outbox } from './frame.ts';

type Read = readonly [kind: number, id: number, text: string];

const kinds = fc.constantFrom(FRAME.call, FRAME.item, FRAME.end);
const frames = fc.array(fc.tuple(kinds, fc.nat(0xffff_ffff), fc.string({ unit: 'grapheme', maxLength: 300 })), { maxLength: 30 });
const sizesFrom = (min: number): fc.Arbitrary<fc.Stream<number>> => fc.infiniteStream(fc.integer({ min, max: 400 }));

test('frames come out as they went in, however the socket takes and gives the bytes', async () => {
  await fc.assert(
    fc.asyncProperty(frames, sizesFrom(0), sizesFrom(1), async (sent, takes, gives) => {
      const wire: Buffer[] = [];
      const write = (bytes: Buffer, at: number, length: number): number => {
        const taken = Math.min(length, takes.next().value ?? length);
        wire.push(Buffer.from(bytes.subarray(at, at + taken)));
        return taken;
      };
      const outbox = new Outbox(write, () => expect.unreachable());
      for (const [index, [kind, id, text]] of sent.entries()) {
        outbox.add(kind, id, text);
        if (index % 5 === 0) await Promise.resolve();
      }
      for (let round = 0; outbox.pendingBytes > 0 && round < 100_000; round += 1) outbox.drain();
      const bytes = Buffer.concat(wire);
      const read: Read[] = [];
      const reader = new FrameReader(LIMITS.linkFrameBytesMax, (kind, id, text) => read.push([kind, id, text]));
      for (let at = 0; at < bytes.length; ) {
        const next = at + (gives.next().value ?? bytes.length);
        reader.push(bytes.subarray(at, next));
        at = next;
      }
      expect(read).toEqual(sent);
    }),
    { numRuns: 200 },
  );
});

test('a tick’s frames leave in one write', async () => {
  const writes: number[] = [];
  const outbox = new Outbox((_bytes, _at, length) => writes.push(length) && length, () => expect.unreachable());
  for (let id = 1; id <= 16; id += 1) outbox.add(FRAME.answer, id, 'x'.repeat(91));
  expect(writes).toEqual([]);
  await Promise.resolve();
  expect(writes).toEqual([1600]);
});

test('a peer that never reads costs no more than the limit, and then the connection', () => {
  let full = 0;
  const outbox = new Outbox(() => 0, () => (full += 1));
  const item = 'x'.repeat(8 * 1024 * 1024);
  for (let id = 1; id < 100; id += 1) outbox.add(FRAME.item, id, item);
  expect(full).toBe(1);
  expect(outbox.pendingBytes).toBeLessThanOrEqual(LIMITS.linkOutboxBytesMax);
});

test('a length that is too short or too long is refused before anything is kept of it', () => {
  for (const length of [0, 4, LIMITS.linkFrameBytesMax, 0xffff_ffff]) {
    const head = Buffer.alloc(9);
    head.writeUInt32BE(length, 0);
    for (const cut of [2, 9]) {
      const reader = new FrameReader(LIMITS.linkFrameBytesMax, () => expect.unreachable());
      const push = (): void => {
        reader.push(head.subarray(0, cut));
        reader.push(head.subarray(cut));
      };
      expect(push).toThrow(SallyportError);
    }
  }
});
