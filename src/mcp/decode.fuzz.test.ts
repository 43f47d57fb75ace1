import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { SallyportError } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import type { Message } from '../domain/message.ts';
import { decodeBody, decodeInbound } from './decode.ts';
import { encodeBody, encodeHeaders } from './encode.ts';

// Whatever decode accepts must mean, once encoded again, what the bytes meant to any careful reader. The reader here is a
// second, slow parser that shares nothing with the first: members stay a list, numbers stay exact decimals.

const RUNS = Number(process.env['SALLYPORT_FUZZ_RUNS'] ?? 20_000);
const MUTANTS = 9;

type Meaning = string | readonly ['object', readonly (readonly [string, Meaning])[]] | readonly ['array', readonly Meaning[]];

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Meaning {
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#text.length) throw new Error('trailing text');
    return value;
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\n\r'.includes(this.#text.charAt(this.#at))) this.#at++;
  }

  #expect(literal: string): void {
    if (!this.#text.startsWith(literal, this.#at)) throw new Error(`expected ${literal}`);
    this.#at += literal.length;
  }

  #value(): Meaning {
    this.#space();
    const next = this.#text.charAt(this.#at);
    if (next === '{') return this.#object();
    if (next === '[') return this.#array();
    if (next === '"') return `string ${this.#string()}`;
    for (const literal of ['true', 'false', 'null']) {
      if (next === literal.charAt(0)) {
        this.#expect(literal);
        return literal;
      }
    }
    return this.#number();
  }

  #object(): Meaning {
    const members = new Map<string, Meaning>();
    this.#expect('{');
    this.#space();
    while (this.#text.charAt(this.#at) !== '}') {
      if (members.size > 0) this.#expect(',');
      this.#space();
      const key = this.#string();
      for (const other of members.keys()) if (foldEqual(key, other)) throw new Error('duplicate key');
      this.#space();
      this.#expect(':');
      members.set(key, this.#value());
      this.#space();
    }
    this.#at++;
    return ['object', [...members].sort(([a], [b]) => (a < b ? -1 : 1))];
  }

  #array(): Meaning {
    const items: Meaning[] = [];
    this.#expect('[');
    this.#space();
    while (this.#text.charAt(this.#at) !== ']') {
      if (items.length > 0) this.#expect(',');
      items.push(this.#value());
      this.#space();
    }
    this.#at++;
    return ['array', items];
  }

  #string(): string {
    this.#expect('"');
    let value = '';
    for (;;) {
      const char = this.#text.charAt(this.#at++);
      if (char === '"') break;
      if (char === '' || char < ' ') throw new Error('bad string');
      value += char === '\\' ? this.#escape() : char;
    }
    return value;
  }

  #escape(): string {
    const char = this.#text.charAt(this.#at++);
    if (char === 'u') {
      const hex = this.#text.slice(this.#at, this.#at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new Error('bad escape');
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const simple = new Map([
      ['"', '"'],
      ['\\', '\\'],
      ['/', '/'],
      ['b', '\b'],
      ['f', '\f'],
      ['n', '\n'],
      ['r', '\r'],
      ['t', '\t'],
    ]).get(char);
    if (simple === undefined) throw new Error('bad escape');
    return simple;
  }

  #number(): string {
    const lexeme = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.#text.slice(this.#at))?.[0];
    if (lexeme === undefined) throw new Error('bad value');
    this.#at += lexeme.length;
    return `number ${exact(lexeme)}`;
  }
}

/** The decimal as a reduced fraction text; exponents too large to write out stay as they are. */
function exact(lexeme: string): string {
  const [mantissa = '', exponent = '0'] = lexeme.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  let digits = BigInt(whole.replace('-', '') + fraction);
  let power = BigInt(exponent) - BigInt(fraction.length);
  if (digits === 0n) return lexeme.startsWith('-') ? '-0' : '0';
  while (digits % 10n === 0n) {
    digits /= 10n;
    power++;
  }
  return `${lexeme.startsWith('-') ? '-' : ''}${digits}e${power}`;
}

function foldEqual(a: string, b: string): boolean {
  return (
    a === b || new RegExp(`^(?:${a.replace(/[\\^$.*+?()[\]{}|/-]/g, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`)})$`, 'iu').test(b)
  );
}

function read(bytes: Uint8Array): Meaning {
  return new Reader(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)).whole();
}

function inboundOf(body: Uint8Array, headers: Readonly<Record<string, string>>): Inbound {
  return {
    route: { kind: 'server', space: 'default', name: 'x' },
    httpMethod: 'POST',
    headers: new Headers({ 'content-type': 'application/json', ...headers }),
    body,
    address: '127.0.0.1',
    receivedAt: 0,
    signal: AbortSignal.any([]),
  };
}

/** `undefined` if refused; anything but a SallyportError is a crash. */
function attempt(decode: () => Message): Message | undefined {
  try {
    return decode();
  } catch (fault) {
    if (fault instanceof SallyportError) return undefined;
    throw fault;
  }
}

let accepted = 0;

function check(bytes: Uint8Array, headers: Readonly<Record<string, string>>): void {
  const message = attempt(() => decodeInbound(inboundOf(bytes, headers)));
  if (message !== undefined) {
    accepted++;
    const body = encodeBody(message);
    expect(read(Buffer.from(body))).toEqual(read(bytes));
    // What goes upstream is accepted by the same rules and means the same again: headers and body still agree.
    if (message.kind === 'request' && message.method !== 'initialize') {
      expect(decodeInbound(inboundOf(Buffer.from(body), encodeHeaders(message)))).toEqual(message);
    }
  }
  const answer = attempt(() => decodeBody(bytes, 'server', '2025-11-25'));
  if (answer !== undefined) expect(read(Buffer.from(encodeBody(answer)))).toEqual(withNullId(read(bytes), answer));
}

/** An error whose id was left out is told with `null`, as JSON-RPC has it. */
function withNullId(meaning: Meaning, answer: Message): Meaning {
  if (answer.kind !== 'error' || answer.id !== null || typeof meaning === 'string' || meaning[0] === 'array') return meaning;
  const members = meaning[1].filter(([key]) => key !== 'id');
  return ['object', [...members, ['id', 'null'] as const].sort(([a], [b]) => (a < b ? -1 : 1))];
}

// --- inputs: JSON text, not values, so that lexemes, escapes, duplicates and white space vary

const number = fc.constantFrom(
  '0',
  '-0',
  '1',
  '1.0',
  '1e2',
  '0.1',
  '9007199254740993',
  '12345678901234567890',
  '1e400',
  '-1E-400',
  '0.30000000000000004',
  '5e-324',
  '01',
  '1.',
);
const text = fc.oneof(
  fc.constantFrom(
    '""',
    '"a"',
    '"\\u0041"',
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '"\u{1f600}"',
    '"K"',
    '"\u212a"',
    '"\\\\"',
    '"\\\\\\""',
    '"a\\u0000"',
    '"]}:{["',
    '"\u017f"',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }).map((value) => JSON.stringify(value)),
);
const key = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '"a"',
      '"b"',
      '"A"',
      '"k"',
      '"\\u004b"',
      '"__proto__"',
      '"constructor"',
      '"name"',
      '"uri"',
      '"rawJSON"',
      '"1"',
    ),
  },
  { weight: 1, arbitrary: text },
);
const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(number, text, fc.constantFrom('true', 'false', 'null')),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([name, item]) => `${name} : ${item}`).join(',')}}`),
  ),
}));

const META = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
const MODERN = { 'mcp-protocol-version': '2026-07-28' };
const methods = fc.constantFrom(
  'tools/call',
  'tools/list',
  'resources/read',
  'ping',
  'initialize',
  'server/discover',
  'transport/stream',
  'x/unknown',
);
const id = fc.oneof(fc.constantFrom('1', '"a"', 'null', '1.5', '-0', '""'), value);

const modern = fc.record({ id, name: text, inner: value }).map(({ id: rpcId, name, inner }) => ({
  body: `{"jsonrpc":"2.0","id":${rpcId},"method":"tools/call","params":{"name":${name},"arguments":{"x":${inner}},${META}}}`,
  headers: { ...MODERN, 'mcp-method': 'tools/call', 'mcp-name': sentinel(name), 'mcp-param-x': 'v' },
}));
const legacy = fc.record({ id, method: methods, params: value }).map(({ id: rpcId, method, params }) => ({
  body: `{"jsonrpc":"2.0","id":${rpcId},"method":"${method}","params":${params}}`,
  headers: { 'mcp-protocol-version': '2025-11-25' },
}));
const answers = fc
  .record({ id, result: value })
  .map(({ id: rpcId, result }) => ({ body: `{"id":${rpcId},"jsonrpc":"2.0","result":{"r":${result}}}`, headers: {} }));
const errors = value.map((data) => ({ body: `{"jsonrpc":"2.0","error":{"code":-32000,"message":"m","data":${data}}}`, headers: {} }));
const documents = fc.oneof({ weight: 3, arbitrary: modern }, { weight: 3, arbitrary: legacy }, { weight: 2, arbitrary: answers }, errors);

function sentinel(name: string): string {
  try {
    return `=?base64?${Buffer.from(String(JSON.parse(name))).toString('base64')}?=`;
  } catch {
    return 'none';
  }
}

const TOKENS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '0',
  '9',
  '-',
  'e',
  '.',
  ' ',
  '\n',
  '\u0000',
  '\uFEFF',
  '\\u',
  '"a":1,',
  '"A":1,',
  '"id":1,',
  '"method":"ping",',
].map((token) => Buffer.from(token));

/** One change of bytes: replaced, removed, repeated or inserted. */
function mutate(bytes: Uint8Array, [kind, place, choice]: readonly [number, number, number]): Uint8Array {
  const at = place % (bytes.length + 1);
  const before = bytes.subarray(0, at);
  const length = choice % 12;
  if (kind === 0) return Buffer.concat([before, Uint8Array.of(choice & 0xff), bytes.subarray(at + 1)]);
  if (kind === 1) return Buffer.concat([before, bytes.subarray(at + length)]);
  if (kind === 2) return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)]);
  return Buffer.concat([before, TOKENS[choice % TOKENS.length] ?? Buffer.from(' '), bytes.subarray(at)]);
}

const mutation = fc.tuple(fc.nat({ max: 3 }), fc.nat(), fc.nat());

test(`what decode accepts means the same when it is encoded again (${RUNS} inputs)`, () => {
  fc.assert(
    fc.property(documents, fc.array(mutation, { minLength: MUTANTS, maxLength: MUTANTS }), ({ body, headers }, mutations) => {
      const bytes = Buffer.from(body);
      check(bytes, headers);
      for (const change of mutations) check(mutate(bytes, change), headers);
    }),
    { numRuns: Math.ceil(RUNS / (MUTANTS + 1)) },
  );
  // The property says nothing if everything is refused.
  expect(accepted).toBeGreaterThan(RUNS / 100);
}, 3_600_000);
