import { afterAll, beforeAll, expect, test } from 'bun:test';
import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { clientFilesFor } from '../../cli/discover/client-files.ts';
import { isUnseen } from '../../domain/observation.ts';
import type { Observation, Unseen } from '../../domain/observation.ts';
import type { FilesLook } from './file-place.ts';
import { lookAtFiles } from './files.ts';
import { homesOf } from './homes.ts';

let base = '';
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'files-'));
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A machine's disk with these files. */
function disk(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(base, name);
  for (const [path, content] of Object.entries({ 'etc/passwd': 'ana:x:1000:1000::/home/ana:/bin/sh\n', ...files })) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o600 });
  }
  return root;
}

async function look(root: string, more: Partial<FilesLook> = {}): Promise<{ readonly seen: readonly Observation[]; readonly unseen: readonly Unseen[] }> {
  const [seen, unseen]: [Observation[], Unseen[]] = [[], []];
  const options: FilesLook = {
    files: clientFilesFor(root, {}, ''), root, machine: 'm', now: 1, homes: homesOf(root, 'linux'), projects: [], walksHomes: true, userName: () => 'owner',
    advisoriesFor: () => [], ...more,
  };
  for await (const item of lookAtFiles(options)) if (isUnseen(item)) unseen.push(item);
  else seen.push(item);
  return { seen, unseen };
}

const cursor = (servers: object): string => JSON.stringify({ mcpServers: servers });
const serversOf = (seen: readonly Observation[]): readonly Observation[] => seen.filter(({ kind }) => kind === 'server');

function secret(at: number): string {
  return `s3cr3tValue${at}xYz7abcDEF012345`;
}

test('what leaves holds no value of a file: no environment, header, argument, query, key in a path, or line of a shell', async () => {
  const root = disk('secrets', {
    'home/ana/.cursor/mcp.json': cursor({
      env: { command: 'server', args: ['--token', secret(1), `--key=${secret(2)}`], env: { ANY: secret(3), API_KEY: secret(4) } },
      remote: { url: `https://user:${secret(5)}@x.example/u/${secret(6)}/mcp?key=${secret(7)}#${secret(8)}`, headers: { 'X-Any': secret(9) } },
      bridged: { command: 'npx', args: ['mcp-remote', `https://y.example/mcp?k=${secret(10)}`, '--header', `A: ${secret(11)}`] },
      line: { command: 'sh', args: ['-c', `TOKEN=${secret(12)} run --password ${secret(13)} | tee x`] },
      broken: secret(14),
      tarball: { command: 'npx', args: ['-y', `https://u:${secret(17)}@z.example/${secret(18)}/server.tgz?t=${secret(19)}`] },
      text: { command: `curl -H 'A: ${secret(20)}' https://z.example | sh` },
      // Short ones, which look like nothing, by where they stand.
      short: { command: 'sh', args: ['-c', `mysql -ps3cr3tValue1 && K=s3cr3tValue2 x -H "A: s3cr3tValue3" 'B: s3cr3tValue4' | tee x`] },
      git: { command: 'uvx', args: ['--from', 'git+https://s3cr3tValue5@z.example/x/y@v1', 'y'] },
      script: { command: 'deno', args: ['run', 'https://me:s3cr3tValue6@z.example/mod.ts?k=s3cr3tValue7'] },
      matrix: { url: 'https://z.example/mcp;session=s3cr3tValue8' },
    }),
    'home/ana/.mcp-auth/x/abc_tokens.json': `{"access_token":"${secret(15)}"}`,
    'home/ana/work/.mcp.json': `{"mcpServers":{"a":{"command":"x","env":{"K":"${secret(16)}"`,
  });
  const { seen, unseen } = await look(root);
  expect(serversOf(seen).map(({ name }) => name)).toEqual(['env', 'remote', 'bridged', 'line', 'tarball', 'text', 'short', 'git', 'script', 'matrix', 'a']);
  expect(JSON.stringify([seen, unseen])).not.toMatch(/s3cr3tValue\d/);
});

test('nothing in a file is evaluated: what a client would execute is only told', async () => {
  const mark = join(base, 'evaluated');
  const root = disk('code', {
    'home/ana/.config/crush/crush.json': JSON.stringify({ mcp: { c: { type: 'stdio', command: 'sh', args: ['-c', `echo $(touch ${mark})`],
      env: { A: `$(touch ${mark})` } } } }),
    'home/ana/.config/crush/crushrc': `touch ${mark}\n`,
  });
  const { seen, unseen } = await look(root);
  expect(serversOf(seen)).toMatchObject([{ runs: { kind: 'shell' }, risks: ['shell'] }]);
  expect(unseen).toEqual([{ place: join(root, 'home/ana/.config/crush/crushrc'), reason: expect.stringContaining('not evaluated') }]);
  expect(existsSync(mark)).toBe(false);
});

test('a file under several names is seen once, as its first client’s, with who else reads it', async () => {
  const root = disk('names', { 'home/ana/work/.cursor/mcp.json': cursor({ a: { command: 'npx', args: ['-y', 'a@1.0.0'] } }) });
  mkdirSync(join(root, 'home/ana/work/.vscode'));
  symlinkSync('../.cursor/mcp.json', join(root, 'home/ana/work/.vscode/mcp.json'));
  linkSync(join(root, 'home/ana/work/.cursor/mcp.json'), join(root, 'home/ana/work/.mcp.json'));
  const { seen } = await look(root);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatchObject({ kind: 'server', person: 'ana@m', facts: { scope: 'project', project: join(root, 'home/ana/work') } });
});

test('a link that leads out of a home makes nobody’s servers another’s, and no remembered share of another machine is looked at', async () => {
  const root = disk('links', {
    'home/ana/.cursor/a': '', 'home/other/.cursor/mcp.json': cursor({ a: { command: 'x' } }),
    'home/ana/.config/Code/User/workspaceStorage/1/workspace.json': '{"folder":"file:////evil.example/share"}',
    'home/ana/.claude.json': JSON.stringify({ projects: { '//evil.example/share': { mcpServers: { c: { command: 'y' } } } } }),
    'evil.example/share/.mcp.json': cursor({ reached: { command: 'z' } }),
  });
  symlinkSync(join(root, 'home/other/.cursor/mcp.json'), join(root, 'home/ana/.cursor/mcp.json'));
  const { seen } = await look(root, { userName: () => 'other' });
  expect(serversOf(seen).map(({ name, person }) => `${name} ${person}`)).toEqual(['c ana@m', 'a other@m']);
});

test('tokens of mcp-remote are told with the server that they open, others with the program that keeps them', async () => {
  const address = 'https://tokens.example/mcp';
  const named = new Bun.CryptoHasher('md5').update(address).digest('hex');
  const root = disk('tokens', {
    'home/ana/.cursor/mcp.json': cursor({ r: { command: 'npx', args: ['-y', 'mcp-remote', address] } }),
    [`home/ana/.mcp-auth/mcp-remote-0.1/${named}_tokens.json`]: '{}', 'home/ana/.mcp-auth/mcp-remote-0.1/ffff_tokens.json': '{}',
  });
  const { seen } = await look(root);
  const tokens = seen.filter(({ facts }) => facts['tokens'] === true);
  expect(tokens.map(({ kind, keys, risks }) => `${kind} ${keys.join(' ')} ${risks.join(' ')}`).toSorted()).toEqual([
    'client client:mcp-remote!m!ana@m secret-in-clear', 'server url:https://tokens.example/mcp secret-in-clear',
  ]);
});

test('a disk that is mounted here is looked at alone: what it remembers leads to nothing of this machine', async () => {
  const outside = join(base, 'outside');
  mkdirSync(join(outside, '.cursor'), { recursive: true });
  writeFileSync(join(outside, '.cursor/mcp.json'), cursor({ out: { command: 'x' } }));
  const remembers = { 'home/ana/.claude.json': JSON.stringify({ projects: { [outside]: { mcpServers: { inside: { command: 'y' } } } } }) };
  const root = disk('mounted', { ...remembers, [`${outside.slice(1)}/.cursor/mcp.json`]: cursor({ there: { command: 'z' } }) });
  expect(serversOf((await look(root)).seen).map(({ name }) => name)).toEqual(['inside', 'there']);
});

test('a client is told with what it has, and one that has ended as that', async () => {
  const root = disk('clients', {
    'home/ana/.cursor/mcp.json': cursor({ a: { command: 'x' }, b: { command: 'y' } }),
    'home/ana/.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json': cursor({ r: { command: 'z', disabled: true } }),
  });
  const { seen } = await look(root);
  expect(seen.filter(({ kind }) => kind === 'client').map(({ client, person, facts, risks }) => [client, person, facts['servers'], risks])).toEqual(
    expect.arrayContaining([['cursor', 'ana@m', 2, []], ['roo-code', 'ana@m', 1, ['end-of-life']]]),
  );
  expect(seen.find(({ name }) => name === 'r')).toMatchObject({ risks: ['end-of-life'], facts: { disabled: true } });
});

test('a home that is closed to this user is said to be, and what would open it', () => {
  const root = disk('closed', { 'home/ana/.cursor/mcp.json': cursor({ a: { command: 'x' } }), 'home/bob/.cursor/mcp.json': cursor({ b: { command: 'x' } }) });
  for (const open of [base, root, join(root, 'home/ana'), join(root, 'home/ana/.cursor')]) chmodSync(open, 0o755);
  chmodSync(join(root, 'home/ana/.cursor/mcp.json'), 0o644);
  chmodSync(join(root, 'home/bob'), 0o700);
  // Root may read everything: it asks as nobody.
  const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
  if (asNobody.length === 0) chmodSync(join(root, 'home/bob'), 0);
  const main = join(import.meta.dir, '../../cli/main.ts');
  const command = [...asNobody, process.execPath, main, 'discover', 'host', '--root', root, '--no-report', '--json'];
  const { stdout, exitCode } = Bun.spawnSync(command, { env: { HOME: '/nonexistent', PATH: process.env['PATH'] } });
  chmodSync(join(root, 'home/bob'), 0o700);
  const told: { readonly unseen: readonly Unseen[] } = JSON.parse(stdout.toString());
  expect(told.unseen).toEqual([{ place: join(root, 'home/bob'), reason: expect.stringContaining('run it as root') }]);
  expect([stdout.toString().includes('home/ana/.cursor/mcp.json:'), exitCode]).toEqual([true, 4]);
});

test('homes are those of people: by accounts, by folders, and of a Windows disk that is mounted', async () => {
  const root = disk('homes', {
    'etc/passwd': 'root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/home/ana:/bin/sh\nsvc:x:998:998::/var/svc:/bin/false\nnobody:x:65534:65534::/:/bin/false\n',
    'root/a': '', 'home/ana/a': '', 'home/from-directory/a': '', 'var/svc/a': '', 'mnt/c/Users/carla/a': '', 'mnt/c/Users/Public/a': '',
  });
  expect(homesOf(root, 'linux').map(({ user, platform }) => `${user} ${platform}`)).toEqual(['root linux', 'ana linux', 'from-directory linux', 'carla win32']);
  expect((await look(root)).seen).toEqual([]);
});
