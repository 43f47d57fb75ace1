import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { NO_SUCH_NAME, readQuestion, writeAnswer } from './dns.ts';
import { assignNames } from './names.ts';

/** A query as a resolver writes it, with what EDNS adds. */
function query(name: string, type: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const edns = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];
  return Buffer.concat([Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]), ...labels, Buffer.from([0, 0, type, 0, 1, ...edns])]);
}

test('a question is answered with an address, with none, or with no such name', () => {
  const asked = query('API.mail.test', 1);
  expect(readQuestion(asked)).toEqual({ name: 'api.mail.test', type: 1 });
  const answer = Buffer.from(writeAnswer(asked, { address: '127.66.0.1' }));
  expect([answer.readUInt16BE(0), answer.readUInt16BE(2), answer.readUInt16BE(6), answer.readUInt16BE(10)]).toEqual([0xabcd, 0x8580, 1, 0]);
  expect([...answer.subarray(-4)]).toEqual([127, 66, 0, 1]);
  expect(Buffer.from(writeAnswer(asked, {})).readUInt16BE(6)).toBe(0);
  expect(Buffer.from(writeAnswer(asked, { code: NO_SUCH_NAME })).readUInt16BE(2) & 15).toBe(3);
});

test('what is no question is not answered, and breaks nothing', () => {
  const asked = query('a.test', 1);
  const response = Buffer.from(asked);
  response[2] = 0x81;
  for (const bytes of [Buffer.alloc(0), asked.subarray(0, 14), response, Buffer.concat([asked.subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])])]) {
    expect(readQuestion(bytes)).toBeUndefined();
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(30), (noise, at) => {
    const bytes = Buffer.concat([asked.subarray(0, at), noise]);
    if (readQuestion(bytes) !== undefined) expect(writeAnswer(bytes, { address: '127.66.0.1' }).length).toBeGreaterThan(16);
  }), { numRuns: 300 });
});

test('each name has an address of its own, however often it is asked for', () => {
  const names = assignNames([
    { host: 'a.test', anyBelow: false, ports: [443] }, { host: 'a.test', anyBelow: false, ports: [80] }, { host: 'wide.test', anyBelow: true, ports: [443] },
    { host: 'localhost', anyBelow: false, ports: [8080] },
  ]);
  expect(names.addressOf('A.test.')).toEqual({ name: 'a.test', address: '127.66.0.1', ports: [443, 80], isNew: true });
  expect(names.addressOf('a.test')).toMatchObject({ address: '127.66.0.1', isNew: false });
  expect(names.addressOf('x.y.wide.test')).toMatchObject({ address: '127.66.0.2' });
  expect(names.addressOf('localhost')).toMatchObject({ address: '127.0.0.1' });
  for (const name of ['wide.test', 'evilwide.test', 'b.test', '']) expect(names.addressOf(name)).toBeUndefined();
  const many = Array.from({ length: 2_000 }, (_, at) => names.addressOf(`n${at}.wide.test`)).filter((one) => one !== undefined);
  expect(new Set(many.map(({ address }) => address)).size).toBe(many.length);
  expect(many.length).toBeLessThan(1_024);
});
