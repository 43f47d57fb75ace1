import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { findNodeAtLocation, parse } from 'jsonc-parser';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { editClientText } from './edit/redirect.ts';
import type { EditOptions } from './edit/redirect.ts';
import { readClientFile } from './file.ts';
import { parseClientText } from './text.ts';

const OPTIONS: EditOptions = { client: 'claude-code', redirects: [{ name: 'a', target: 'srv-a' }], program: ['sallyport'] };
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'client-file-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('editClientText', () => {
  test('changes the entry and nothing else: comments, order, tabs and line ends stay', () => {
    const lines = [
      '\ufeff{', '\t// mine', '\t"z": 1.0,', '\t"mcpServers": {', '\t\t"a": { "command": "x", "timeout": 5, "autoApprove": ["*"] }, // a', '\t\t"b": {}',
      '\t}', '}',
    ];
    const text = lines.join('\r\n');
    const { text: edited } = editClientText(text, 'f', OPTIONS);
    const at = text.indexOf('{ "command"');
    const end = text.indexOf(' // a') - 1;
    expect(edited.startsWith(text.slice(0, at))).toBe(true);
    expect(edited.endsWith(text.slice(end))).toBe(true);
    expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
    expect(parse(edited.slice(1))['mcpServers'].a).toEqual({ type: 'stdio', command: 'sallyport', args: ['connect', 'srv-a'], timeout: 5 });
  });

  test('is the same when done twice', () => {
    const once = editClientText('{"mcpServers":{"a":{"command":"x"}}}', 'f', OPTIONS).text;
    expect(editClientText(once, 'f', OPTIONS)).toEqual({ text: once, diff: '' });
  });

  test('adds what is missing, in each client’s own form', () => {
    const entry = { type: 'stdio', command: 'sallyport', args: ['connect', 'srv-a'] };
    expect(parse(editClientText('', 'f', OPTIONS).text)).toEqual({ mcpServers: { a: entry } });
    expect(parse(editClientText('{"inputs":[]}', 'f', { ...OPTIONS, client: 'vscode' }).text)).toHaveProperty('servers.a.type', 'stdio');
    expect(parse(editClientText('{}', 'f', { ...OPTIONS, client: 'copilot' }).text)).toHaveProperty('mcpServers.a.tools', ['*']);
    expect(parse(editClientText('{}', 'f', { ...OPTIONS, client: 'cursor' }).text)).not.toHaveProperty('mcpServers.a.type');
  });

  test('a project’s own servers are reached by their scope', () => {
    const text = '{"mcpServers":{"a":{}},"projects":{"/p":{"mcpServers":{"a":{"command":"x"}}}}}';
    const { text: edited } = editClientText(text, 'f', { ...OPTIONS, scope: '/p' });
    expect(parse(edited)).toMatchObject({ mcpServers: { a: {} }, projects: { '/p': { mcpServers: { a: { command: 'sallyport' } } } } });
    expect(() => editClientText(text, 'f', { ...OPTIONS, scope: '/q' })).toThrow('no servers for /q');
  });

  test('the diff shows the change and no secret', () => {
    const secret = 'hunter2-hunter2';
    const args = ['--token', secret, `--api-key=${secret}`, '--header', `Authorization: Bearer ${secret}`];
    const entry = { command: 'x', args, env: { ANY: secret }, headers: { 'X-A': secret }, url: `https://x.example/?api_key=${secret}` };
    const { diff } = editClientText(JSON.stringify({ mcpServers: { a: entry, b: { env: { B: secret } } } }, null, 2), 'f', OPTIONS);
    expect(diff).toContain('+      "command": "sallyport"');
    expect(diff).toContain('-      "command": "x"');
    expect(diff).not.toContain(secret);
  });

  test('whatever the file holds, every byte outside the entry stays', () => {
    const json = fc.json({ maxDepth: 2 });
    const layout = fc.constantFrom(undefined, 2, 4, '\t');
    fc.assert(
      fc.property(json, json, json, layout, fc.boolean(), (own, other, rest, indent, crlf) => {
        const value: unknown = { first: JSON.parse(rest), mcpServers: { b: JSON.parse(other), a: JSON.parse(own), c: 1 }, last: JSON.parse(rest) };
        const text = (JSON.stringify(value, null, indent) ?? '').replaceAll('\n', crlf ? '\r\n' : '\n');
        const tree = parseClientText(text, 'f');
        const node = tree && findNodeAtLocation(tree, ['mcpServers', 'a']);
        const edited = editClientText(text, 'f', OPTIONS).text;
        expect(edited.startsWith(text.slice(0, node?.offset))).toBe(true);
        expect(edited.endsWith(text.slice((node?.offset ?? 0) + (node?.length ?? 0)))).toBe(true);
        expect(parse(edited)['mcpServers'].a.command).toBe('sallyport');
      }),
    );
  });
});

test('what is no plain UTF-8 file is refused', async () => {
  await writeFile(join(folder, 'bad.json'), Buffer.from([0x7b, 0xff, 0x7d]));
  expect(await codeOf(readClientFile(join(folder, 'bad.json')))).toBe('ERR_FILE_UNREADABLE');
  expect(await codeOf(readClientFile(folder))).toBe('ERR_FILE_UNREADABLE');
});
