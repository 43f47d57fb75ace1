import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { arbitraryEntry, arbitraryOddEntry } from '../../test/fixtures/arbitrary-record.ts';
import { toCef } from './cef.ts';
import type { Entry } from './entry.ts';

const SOURCE = { origin: 'sallyport.example/ledger', version: '0.1.0' };

/** A reader of CEF written from the format's description: seven fields between unescaped bars, then keys and values. */
function parse(line: string): { readonly header: readonly string[]; readonly fields: ReadonlyMap<string, string> } {
  const parts = new RegExp(`^CEF:0${'\\|((?:[^|\\\\]|\\\\[|\\\\])*)'.repeat(5)}\\|(\\d+)\\|(.*)$`, 'u').exec(line);
  if (parts === null) throw new Error(`no CEF: ${line}`);
  const [, ...header] = parts;
  const extension = header.pop() ?? '';
  // A key is what stands before an equals sign that no backslash escapes, at the beginning or after a space.
  const keys = [...extension.matchAll(/(?:^| )([A-Za-z0-9]+)=/g)];
  const fields = keys.map((found, index): [string, string] => {
    const value = extension.slice(found.index + found[0].length, keys[index + 1]?.index ?? extension.length);
    return [found[1] ?? '', value.replace(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped === 'r' ? '\r' : escaped))];
  });
  return { header: header.map((field) => field.replace(/\\([|\\])/g, '$1')), fields: new Map(fields) };
}

// oxlint-disable-next-line no-control-regex
const plain = (text: string): string => text.replace(/[\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F\u2028\u2029]/g, ' ');

function entry(more: Partial<Entry['record']>): Entry {
  const record = { id: 'r1', at: 1, category: 'access', event: 'call.denied', node: 'gateway', space: 'default', exchange: 'e1', ...more } as const;
  return { position: 3, role: 'gateway', incarnation: 'i', record };
}

describe('records as CEF lines', () => {
  test('whatever a record holds, its line is one line and reads back as what was written', () => {
    fc.assert(fc.property(arbitraryEntry(), (one) => {
      const line = toCef(one, SOURCE);
      expect(line).not.toMatch(/[\r\n]/);
      const { header, fields } = parse(line);
      expect(header.slice(0, 4)).toEqual(['Sallyport', 'Sallyport', '0.1.0', one.record.event]);
      const { principal = '', agent = '', server = '', tool = '', node } = one.record;
      const read = ['suser', 'sourceServiceName', 'destinationServiceName', 'cs1', 'dvchost'].map((key) => fields.get(key) ?? '');
      expect(read).toEqual([principal, agent, server, tool, node].map(plain));
      expect([fields.get('rt'), fields.get('externalId'), fields.get('cn1')]).toEqual([String(one.record.at), one.record.id, String(one.position)]);
    }), { numRuns: 300 });
  });

  test('whatever a broken writer sends as a record is one line', () => {
    fc.assert(fc.property(arbitraryOddEntry(), (one) => {
      expect(parse(toCef(one, SOURCE)).header[3]).toBe(one.record.event);
    }));
  });

  test('every custom field has its label, and no key is written twice', () => {
    fc.assert(fc.property(arbitraryEntry(), (one) => {
      const line = toCef(one, SOURCE);
      const { fields } = parse(line);
      for (const key of fields.keys()) if (/^(?:cs\d|cn\d|c6a\d|flex\w+\d)$/.test(key)) expect(fields.has(`${key}Label`)).toBe(true);
      expect([...line.matchAll(/(?:^|[ |])([A-Za-z0-9]+)=/g)].length).toBe(fields.size);
    }));
  });

  test('nobody writes a field, a header or a second event into a name', () => {
    const { header, fields } = parse(toCef(entry({ tool: 'x act=allowed\nCEF:0|a|b|c|d|e|0|src=1.1.1.1', server: '|', principal: '\\' }), SOURCE));
    expect(fields.get('act')).toBe('blocked');
    expect(fields.get('src')).toBeUndefined();
    expect(fields.get('suser')).toBe('\\');
    expect(header[5]).toBe('3');
  });

  test('an address is where the dictionary has it', () => {
    expect(parse(toCef(entry({ address: '10.0.0.7' }), SOURCE)).fields.get('src')).toBe('10.0.0.7');
    expect(parse(toCef(entry({ address: 'fe80::1' }), SOURCE)).fields.get('c6a2')).toBe('fe80::1');
  });

  test('what is too long for its key is cut, between characters', () => {
    const { fields } = parse(toCef(entry({ principal: 'a'.repeat(1022) + '😀'.repeat(9), tool: 'b'.repeat(9000) }), SOURCE));
    expect(fields.get('suser')).toBe('a'.repeat(1022));
    expect(fields.get('cs1')).toHaveLength(4000);
  });

  test('severity is what OCSF says, on ten steps', () => {
    expect(parse(toCef(entry({ code: 'ERR_KILLED' }), SOURCE)).header[5]).toBe('8');
    expect(parse(toCef(entry({ event: 'record.corrupt' }), SOURCE)).header[5]).toBe('10');
  });
});
