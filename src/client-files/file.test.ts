import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { findNodeAtLocation, parse } from 'jsonc-parser';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { editClientText } from './edit/redirect.ts';
import type { EditOptions } from './edit/redirect.ts';
import { readClientFile, undoClientFile, writeClientFile } from './file.ts';
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

describe('write and undo', () => {
  test('undo gives back the same bytes, whatever they were, over several writes', async () => {
    const bytes = fc.json({ maxDepth: 2 }).map((text) => `\ufeff// ü\r\n{ "mcpServers": { "a": ${text} } ,\t"x": 1.0e0 }\n\n`);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(bytes, async (text) => {
        run += 1;
        const [path, backups] = [join(folder, `f${run}.json`), join(folder, 'backups')];
        await writeFile(path, text);
        for (const target of ['one', 'two']) {
          const read = await readClientFile(path);
          await writeClientFile(read, editClientText(read.text, path, { ...OPTIONS, redirects: [{ name: 'a', target }] }).text, backups);
        }
        expect(await readFile(path, 'utf8')).toContain('"two"');
        await undoClientFile(path, backups);
        expect(await readFile(path, 'utf8')).toContain('"one"');
        await undoClientFile(path, backups);
        expect(await readFile(path)).toEqual(Buffer.from(text));
        expect(await codeOf(undoClientFile(path, backups))).toBe('ERR_NOT_FOUND');
      }),
      { numRuns: 15 },
    );
  });

  test('a file that somebody changed is left alone, before the write and before the undo', async () => {
    const [path, backups] = [join(folder, 'changed.json'), join(folder, 'b2')];
    await writeFile(path, '{}');
    const read = await readClientFile(path);
    await writeFile(path, '{ }');
    expect(await codeOf(writeClientFile(read, 'x', backups))).toBe('ERR_FILE_CHANGED');
    expect(await readFile(path, 'utf8')).toBe('{ }');
    await writeClientFile(await readClientFile(path), '{"a":1}', backups);
    await writeFile(path, '{"a":2}');
    expect(await codeOf(undoClientFile(path, backups))).toBe('ERR_FILE_CHANGED');
    expect(await readFile(path, 'utf8')).toBe('{"a":2}');
  });

  test('modes and links stay, backups are private, nothing is left behind', async () => {
    const [path, link, backups] = [join(folder, 'real.json'), join(folder, 'link.json'), join(folder, 'b3')];
    await writeFile(path, '{}');
    await chmod(path, 0o640);
    await symlink(path, link);
    await writeClientFile(await readClientFile(link), '{"a":1}', backups);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    const [backup = ''] = await readdir(backups);
    expect((await stat(join(backups, backup))).mode & 0o777).toBe(0o600);
    expect((await stat(backups)).mode & 0o777).toBe(0o700);
    await undoClientFile(link, backups);
    expect(await readFile(path, 'utf8')).toBe('{}');
    expect((await readdir(folder)).filter((name) => name.includes('.sallyport-'))).toEqual([]);
  });

  test('a file that the write made is removed by undo', async () => {
    const [path, backups] = [join(folder, 'deep', 'new.json'), join(folder, 'b4')];
    await writeClientFile(await readClientFile(path), '{}', backups);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await undoClientFile(path, backups);
    expect((await readClientFile(path)).bytes).toBeUndefined();
  });

  test('what is no plain UTF-8 file is refused', async () => {
    await writeFile(join(folder, 'bad.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    expect(await codeOf(readClientFile(join(folder, 'bad.json')))).toBe('ERR_FILE_UNREADABLE');
    expect(await codeOf(readClientFile(folder))).toBe('ERR_FILE_UNREADABLE');
  });
});
