import { describe, expect, test } from 'bun:test';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import type { Origin } from './ask.ts';
import type { Exposure } from './exposure.ts';
import type { Found } from './fingerprint.ts';
import { observe } from './observe.ts';

const knowledge = knowledgeOf(shippedTables());
const far: Origin = { address: '10.0.0.5', port: 3000, scheme: 'http', name: 'tools.corp.example' };
const found: Found = { path: '/mcp', by: 'answer', confidence: 98, issuers: [], recognised: { era: 'modern', revisions: ['2026-07-28'], self: {} } };
const open: Exposure = { isOpen: true, tools: [], foreign: [] };

function see(origin: Origin, exposure: Exposure = open, of: Found = found): ReturnType<typeof observe> {
  return observe({ origin, found: of, exposure, machine: 'lab', seenAt: 1 }, knowledge);
}

describe('a server elsewhere', () => {
  test('is known by its name and its address, and is on no machine that we know', () => {
    const { keys, host } = see(far);
    expect(keys).toEqual(['url:http://tools.corp.example:3000/mcp', 'url:http://10.0.0.5:3000/mcp', 'host:tools.corp.example']);
    expect(host).toBeUndefined();
    expect(see({ ...far, address: 'fd00::5', name: 'fd00::5' }).keys).toEqual(['url:http://[fd00::5]:3000/mcp']);
  });

  test('that is open and in the clear is both', () => {
    expect(see(far).risks).toEqual(['no-auth', 'wide-bind', 'cleartext']);
    expect(see({ ...far, scheme: 'https' }, { ...open, isOpen: false }).risks).toEqual([]);
    expect(see({ ...far, address: '127.0.0.1', name: '127.0.0.1' }).risks).toEqual(['no-auth']);
  });
});

test('what a server says of itself is inert, and holds no secret', () => {
  const self = { name: 'x\u001b[2J token=sk-aaaaaaaaaaaaaaaaaaaaaaaa', version: '1\n2' };
  const tools = ['delete_\u202eelif', 'exec sk-bbbbbbbbbbbbbbbbbbbbbbbb'];
  const seen = see(far, { ...open, tools }, { ...found, recognised: { era: 'modern', revisions: [], self } });
  expect(JSON.stringify(seen)).not.toMatch(/sk-|\\u001b|\u202e|\\n/);
  expect(seen.risks).toContain('dangerous-tools');
});

test.each([
  ['delete_file', true], ['deleteFile', true], ['files.delete', true], ['SHELL', true], ['undelete', false], ['get_commands_help', false],
  ['list-orders', false],
  ['send-email', true], ['orderly', false],
])('%s: dangerous %p', (tool, isDangerous) => {
  expect(see(far, { ...open, tools: [tool] }).risks.includes('dangerous-tools')).toBe(isDangerous);
});
