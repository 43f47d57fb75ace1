import { describe, expect, test } from 'bun:test';
import { judgeExposure, requireExposure } from './exposure.ts';
import type { ExposureFacts } from './exposure.ts';

const GOOD: ExposureFacts = {
  url: 'https://x.example/mcp', hosting: 'self', allowPrivate: false, answersUnauthenticated: false, acceptsForeignOrigin: false,
};
const DAY = 86_400_000;

function judged(facts: Partial<ExposureFacts>): readonly string[] {
  return judgeExposure({ ...GOOD, ...facts }).map(({ rule, severity }) => `${severity} ${rule}`);
}

describe('exposure', () => {
  test.each<[Partial<ExposureFacts>, readonly string[]]>([
    [{}, []],
    [{ url: 'http://x.example' }, ['block exposure-cleartext']],
    [{ url: 'http://127.0.0.1:1' }, ['info exposure-cleartext']],
    [{ url: 'http://127.evil.example' }, ['block exposure-cleartext']],
    [{ url: 'http://10.1.2.3', allowPrivate: true }, ['block exposure-cleartext', 'info exposure-private-address']],
    [{ answersUnauthenticated: true }, ['block exposure-unauthenticated']],
    [{ answersUnauthenticated: undefined }, ['block exposure-unauthenticated']],
    [{ url: 'https://localhost', answersUnauthenticated: true }, ['warn exposure-unauthenticated']],
    [{ hosting: 'vendor', answersUnauthenticated: true }, ['warn exposure-unauthenticated']],
    [{ hosting: 'embedded', answersUnauthenticated: true }, ['block exposure-unauthenticated']],
    [{ acceptsForeignOrigin: true }, ['info exposure-foreign-origin']],
    [{ answersUnauthenticated: true, acceptsForeignOrigin: true }, ['block exposure-unauthenticated', 'block exposure-foreign-origin']],
    [{ answersUnauthenticated: undefined, acceptsForeignOrigin: undefined }, ['block exposure-unauthenticated', 'block exposure-foreign-origin']],
    [
      { url: 'https://[::1]', answersUnauthenticated: true, acceptsForeignOrigin: undefined },
      ['warn exposure-unauthenticated', 'warn exposure-foreign-origin'],
    ],
  ])('%j', (facts, expected) => {
    expect(judged(facts)).toEqual(expected);
  });

  test('a failure needs an exception for this server and rule that has not ended', () => {
    const findings = judgeExposure({ ...GOOD, url: 'http://x.example' });
    const exception = { server: 'x', rule: 'exposure-cleartext', expiresAt: DAY };
    expect(() => requireExposure('x', findings, [exception], DAY - 1)).not.toThrow();
    expect(() => requireExposure('x', findings, [exception], DAY)).toThrow('exposure-cleartext');
    expect(() => requireExposure('y', findings, [exception], 0)).toThrow('clear text');
    expect(() => requireExposure('x', findings, [{ ...exception, rule: 'exposure-foreign-origin' }], 0)).toThrow('clear text');
  });
});
