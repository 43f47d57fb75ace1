import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../../test/fixtures/spawned-cli.ts';
import { openControl, surfaceSaying } from '../control/fixture-control.ts';
import type { ControlFixture } from '../control/fixture-control.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Io } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { command } from './registry.ts';

setDefaultTimeout(60_000);

let fixture: ControlFixture;
let folder: string;
beforeAll(async () => {
  fixture = await openControl();
  folder = mkdtempSync('/tmp/sp-rcli-');
});
afterAll(async () => {
  await fixture.close();
  rmSync(folder, { recursive: true });
});

/** The command over control's real socket; nobody can answer its questions. */
async function registry(...args: readonly string[]): Promise<Outcome> {
  let [out, err] = ['', ''];
  const io: Io = {
    env: { HOME: folder, SALLYPORT_HOME: fixture.home }, cwd: folder, interactive: false, signal: AbortSignal.timeout(30_000),
    out: (said) => void (out += said), note: (said) => void (err += `${said}\n`), confirm: () => Promise.resolve(false),
  };
  try {
    return { code: await command.run(args, io), out, err };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { code: error.code === 'ERR_USAGE' ? 2 : 1, out, err: `${err}${error.code}: ${error.message}` };
  }
}

async function json(verb: string, ...args: readonly string[]): Promise<Json> {
  const { out } = await registry(verb, '--json', ...args);
  const value: Json = JSON.parse(out);
  return value;
}

const ENTRY = 'com.example/weather@1.0.0';

test('a catalogue is imported and shown inert; what cools off is asked for, released, reviewed, approved, published and exported', async () => {
  const hostile = '\u001B[2J\u202Edon\'t look';
  const servers = [
    { name: 'com.example/weather', version: '1.0.0', description: 'Weather', remotes: [{ type: 'streamable-http', url: 'https://weather.example/mcp' }] },
    { name: 'com.example/hostile', version: '1.0.0', description: hostile }, { name: 'broken' },
  ];
  writeFileSync(join(folder, 'export.json'), JSON.stringify({ servers: servers.map((server) => ({ server })) }));
  expect(await registry('import', 'export.json', '--as', 'upstream')).toMatchObject({ code: 0,
    out: expect.stringMatching(/2 new,.*1 held[^]*Skipped servers\.2/) });
  const { out: listed } = await registry('catalog');
  expect(listed).toContain('cooling for 6 d');
  expect(listed).not.toContain('\u001B');
  expect(listed).not.toContain('\u202E');
  expect((await registry('entry', ENTRY)).out).toContain('https://weather.example/mcp');

  const id = text(part(await json('request', '--entry', ENTRY, '--purpose', 'dispatch'), 'id'));
  const review = ['review', id, '--as', 'weather', '--owner', 'me', '--note', 'read it'];
  expect(await registry(...review)).toMatchObject({ code: 1, err: expect.stringContaining('ERR_CATALOG_HELD') });
  expect((await registry('release', ENTRY, '--reason', 'read its source')).code).toBe(0);
  expect(await registry(...review)).toMatchObject({ code: 0 });
  expect((await registry('requests')).out).toContain('reviewed');
  const shown = await registry('show', id);
  expect(shown.out).toContain('read its source');
  expect(await registry('approve', id)).toMatchObject({ code: 1, err: expect.stringContaining('https://weather.example/mcp') });
  const digest = /digest ([0-9a-f]{64})/.exec(shown.out)?.[1] ?? '';
  expect(await registry('approve', id, '--digest', digest)).toMatchObject({ code: 0, out: expect.stringContaining('weather is declared') });

  fixture.says.set('weather', surfaceSaying({ forecast: { annotations: { readOnlyHint: true } } }));
  const surface = text(part((await fixture.api('POST', '/servers/weather/scan')).body, 'candidate', 'digest'));
  await fixture.api('POST', '/servers/weather/approve', { digest: surface });
  expect(await registry('publish', 'weather', '--description', 'Weather', '--review-by', '2099-06-30')).toMatchObject({ code: 0 });
  expect((await registry('list')).out).toContain('local.sallyport/weather');
  expect(await registry('export', 'out.json')).toMatchObject({ code: 0, out: '1 servers are in out.json.\n' });
  const file: Json = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8'));
  expect(objects(part(file, 'servers'))).toMatchObject([{ server: { name: 'local.sallyport/weather',
    remotes: [{ url: 'https://localhost:7443/mcp/weather' }] } }]);
  expect(await registry('status', 'weather', 'deleted', '--message', 'closed')).toMatchObject({ code: 0, out: 'weather 1: deleted.\n' });
});

test('a command is asked for word by word; what is no file, no catalogue or two things at once is refused', async () => {
  const id = text(part(await json('request', '--purpose', 'files', '--', 'npx', '-y', 'server-files@1.2.3', '/srv'), 'id'));
  expect(part(await json('show', id), 'wanted', 'command')).toEqual(['npx', '-y', 'server-files@1.2.3', '/srv']);
  expect(await registry('refuse', id, '--reason', 'we have one')).toMatchObject({ code: 0 });
  expect((await registry('requests', '--mine')).out).toContain('we have one');
  expect(await registry('request', '--purpose', 'x', '--url', 'https://a.example', '--entry', ENTRY)).toMatchObject({ code: 2 });
  mkdirSync(join(folder, 'folder.json'));
  expect(await registry('import', 'folder.json')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_FILE_UNREADABLE') });
  Bun.spawnSync(['mkfifo', join(folder, 'pipe.json')]);
  expect(await registry('import', 'pipe.json')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_FILE_UNREADABLE') });
  writeFileSync(join(folder, 'other.json'), '{"a":1}');
  expect(await registry('import', 'other.json')).toMatchObject({ code: 1, err: expect.stringContaining('ERR_CATALOG_INVALID') });
});
