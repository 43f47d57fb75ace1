import { describe, expect, test } from 'bun:test';
import { codeThrown } from '../../test/fixtures/code-of.ts';
import { LIMITS } from '../domain/limits.ts';
import { foldKey, needsFolding } from './case-fold.ts';
import { parseJson } from './json.ts';

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Uint8Array.of(part))));

const nested = (depth: number): string => '[{"a":'.repeat(depth / 2) + '0' + '}]'.repeat(depth / 2);
const wide = (members: number): string => `{${Array.from({ length: members }, (_, index) => `"k${index}":0`).join(',')}}`;

describe('text', () => {
  test.each([
    ['a BOM', bytes(0xef, 0xbb, 0xbf, '{}'), 'ERR_BODY_ENCODING'],
    ['a lone continuation byte', bytes('{"a":"', 0x80, '"}'), 'ERR_BODY_ENCODING'],
    ['an overlong slash', bytes('{"a":"', 0xc0, 0xaf, '"}'), 'ERR_BODY_ENCODING'],
    ['a surrogate in UTF-8', bytes('{"a":"', 0xed, 0xa0, 0x80, '"}'), 'ERR_BODY_ENCODING'],
    ['UTF-16', new Uint8Array([0x7b, 0, 0x7d, 0]), 'ERR_JSON_INVALID'],
    ['nothing', bytes(), 'ERR_JSON_INVALID'],
    ['two values', bytes('{}{}'), 'ERR_JSON_INVALID'],
    ['a trailing comma', bytes('{"a":1,}'), 'ERR_JSON_INVALID'],
    ['a comment', bytes('{/**/}'), 'ERR_JSON_INVALID'],
    ['an unclosed string', bytes('{"a":"\\'), 'ERR_JSON_INVALID'],
    ['a control character in a string', bytes('{"a":"\n"}'), 'ERR_JSON_INVALID'],
  ])('refuses %s', (_name, input, code) => {
    for (const from of ['client', 'server'] as const) expect(codeThrown(() => parseJson(input, from))).toBe(code);
  });

  test('refuses strings of JavaScript that are no Unicode', () => {
    expect(codeThrown(() => parseJson('"\ud800"', 'server'))).toBe('ERR_BODY_ENCODING');
    expect(codeThrown(() => parseJson('\ufeff{}', 'server'))).toBe('ERR_BODY_ENCODING');
  });

  test('refuses half a surrogate pair from a client, in values and keys, and passes it on from a server', () => {
    for (const text of ['["\\ud83d"]', '{"\\uDE00":1}', '[{"a":["x\\uD800y"]}]']) {
      expect(codeThrown(() => parseJson(text, 'client'))).toBe('ERR_BODY_ENCODING');
      expect(codeThrown(() => parseJson(text, 'server'))).toBe('accepted');
    }
    expect(parseJson('["\\ud83d\\ude00"]', 'client')).toEqual(['😀']);
    expect(JSON.stringify(parseJson('["\\ud83d"]', 'server'))).toBe('["\\ud83d"]');
  });

  test('does not quote the text in its error: it may hold a secret', () => {
    try {
      parseJson('{"password": hunter2}', 'client');
    } catch (fault) {
      expect(JSON.stringify([String(fault), Bun.inspect(fault)])).not.toContain('hunter2');
    }
  });
});

describe('limits', () => {
  test('bytes, counted as UTF-8', () => {
    expect(codeThrown(() => parseJson(bytes('"aaaa"'), 'client', 6))).toBe('accepted');
    expect(codeThrown(() => parseJson(bytes('"aaaaa"'), 'client', 6))).toBe('ERR_BODY_TOO_LARGE');
    expect(codeThrown(() => parseJson('"äää"', 'client', 7))).toBe('ERR_BODY_TOO_LARGE');
  });

  test('depth', () => {
    expect(codeThrown(() => parseJson(nested(LIMITS.jsonDepthMax), 'client'))).toBe('accepted');
    expect(codeThrown(() => parseJson(nested(LIMITS.jsonDepthMax + 2), 'client'))).toBe('ERR_JSON_TOO_DEEP');
    expect(codeThrown(() => parseJson('['.repeat(1_000_000), 'client'))).toBe('ERR_JSON_TOO_DEEP');
  });

  test('members', () => {
    expect(codeThrown(() => parseJson(wide(LIMITS.jsonKeysMax), 'client'))).toBe('accepted');
    expect(codeThrown(() => parseJson(wide(LIMITS.jsonKeysMax + 1), 'client'))).toBe('ERR_JSON_TOO_MANY_KEYS');
  });
});

describe('keys', () => {
  test.each([
    ['{"a":1,"a":1}'],
    ['{"a":1,"b":2,"\\u0061":3}'],
    ['[{"x":{"y":[{"a":1,"a":2}]}}]'],
    ['{"a":1,"A":2}'],
    ['{"Straße":1,"STRAẞE":2}'],
    ['{"k":1,"\u212a":2}'],
    ['{"s":1,"\u017f":2}'],
    ['{"σ":1,"ς":2}'],
    ['{"x":[0,{"Name":1,"name":1}]}'],
    ['{"__proto__":1,"__PROTO__":2}'],
    ['{"a:b\\"":{},"a:b\\"":{}}'],
  ])('refuses %s', (text) => {
    for (const from of ['client', 'server'] as const) expect(codeThrown(() => parseJson(text, from))).toBe('ERR_JSON_DUPLICATE_KEY');
  });

  test.each([
    ['{"a":1,"b":{"a":1}}'],
    ['{"ß":1,"ss":2}'],
    ['{"i":1,"İ":2,"ı":3}'],
    ['{"a":":\\":\\\\"}'],
    ['{"":{},"a":[]}'],
    ['[{"a":1},{"A":2}]'],
  ])('accepts %s', (text) => {
    expect(codeThrown(() => parseJson(text, 'client'))).toBe('accepted');
  });

  test('__proto__ is data', () => {
    const value = parseJson('{"__proto__":{"polluted":1},"a":{"constructor":{"prototype":{}}}}', 'client');
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":1},"a":{"constructor":{"prototype":{}}}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(JSON.stringify(parseJson('{"__proto__":{"polluted":1.0}}', 'server'))).toBe('{"__proto__":{"polluted":1.0}}');
  });

  test('folding is exactly Unicode simple case folding, by the word of the regular expression engine', () => {
    const cased: string[] = [];
    for (let point = 0x80; point <= 0x10ffff; point++) {
      const character = point >= 0xd800 && point <= 0xdfff ? '' : String.fromCodePoint(point);
      if (/[\p{CWCF}\p{CWU}\p{CWL}\p{CWT}]/u.test(character)) cased.push(character);
    }
    const all = [...Array.from({ length: 0x80 }, (_, point) => String.fromCharCode(point)), ...cased];
    const together = new Map<string, string>();
    for (const character of all) together.set(foldKey(character), (together.get(foldKey(character)) ?? '') + character);
    const joined = all.join('');
    for (const character of all) {
      const equals = joined.match(new RegExp(`\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`, 'giu')) ?? [];
      expect(together.get(foldKey(character))).toBe(equals.join(''));
      if (equals.length > 1 && !/[a-z]/.test(character)) expect(needsFolding(character)).toBe(true);
    }
  });
});

describe('numbers', () => {
  test.each([
    ['0'],
    ['1.0'],
    ['1e2'],
    ['0.1'],
    ['100'],
    ['1E+2'],
    ['0.10'],
    ['9007199254740991'],
    ['-12.5e-3'],
    ['1e21'],
    ['5e-324'],
    ['0.0'],
    ['0e9'],
  ])('a client may send %s', (number) => {
    const value = parseJson(`{"n":[${number}]}`, 'client');
    expect(value).toEqual({ n: [Number(number)] });
  });

  test.each([
    ['9007199254740993'],
    ['12345678901234567890'],
    ['1e400'],
    ['-1e400'],
    ['1e-400'],
    ['0.1000000000000000055'],
    ['3.14159265358979323846'],
    ['-0'],
    ['-0.0'],
  ])('a client may not send %s, which would arrive as another number', (number) => {
    expect(codeThrown(() => parseJson(`{"n":[${number}]}`, 'client'))).toBe('ERR_JSON_NUMBER_PRECISION');
    expect(codeThrown(() => parseJson(`{"n":["${number}"]}`, 'client'))).toBe('accepted');
  });

  test("a server's numbers keep their digits", () => {
    const text = '{"a":[12345678901234567890,1.0,-0,1e400,0.10,7,2.5],"b":{"id":9007199254740993}}';
    expect(JSON.stringify(parseJson(text, 'server'))).toBe(text);
    expect(parseJson('[7,2.5,1e+21]', 'server')).toEqual([7, 2.5, 1e21]);
  });

  test('an object that looks like a kept number is an object', () => {
    expect(JSON.stringify(parseJson('{"rawJSON":"1","n":1.0}', 'server'))).toBe('{"rawJSON":"1","n":1.0}');
  });

  test('long digits cost linear time', () => {
    const zeros = '0'.repeat(200_000);
    expect(codeThrown(() => parseJson(`[1${zeros}.${zeros}1]`, 'client'))).toBe('ERR_JSON_NUMBER_PRECISION');
    expect(codeThrown(() => parseJson(`["${'\\'.repeat(200_000)}"]`, 'client'))).toBe('accepted');
  });
});
