import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Encrypter, identityToRecipient } from 'age-encryption';

setDefaultTimeout(60_000);
const PROGRAM = join(import.meta.dir, '..', '..', '..', 'bin', 'sallyport');
const TEXT = '{ "mcpServers": { "gh": { "command": "gh", "env": { "GH_TOKEN": "hunter2hunter2" } } } } // mine\n';
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync('/tmp/sp-rest-');
  file = join(folder, 'mcp.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function config(...args: readonly string[]): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], HOME: folder };
  const child = Bun.spawn([PROGRAM, 'config', ...args], { cwd: folder, env, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

test('a whole file rests encrypted, is seen by what exec starts alone, and comes back byte for byte', async () => {
  writeFileSync(file, TEXT);
  expect(await config('seal', file, '--encrypt', '--yes')).toMatchObject({ code: 0 });
  expect(readdirSync(folder).filter((name) => name.includes('mcp'))).toEqual(['mcp.json.age']);
  const encrypted = readFileSync(`${file}.age`, 'utf8');
  expect(encrypted).toStartWith('-----BEGIN AGE ENCRYPTED FILE-----');

  // It is there for the command, read-only, and for nobody else: not even while it runs, in the same folder.
  const seen = join(folder, 'outside');
  const watcher = Bun.spawn(['sh', '-c', `while [ ! -e ${folder}/go ]; do sleep 0.05; done; cat ${file} > ${seen}; touch ${folder}/done`]);
  const shell = `cat ${file}; echo x >> ${file} && echo written; touch ${folder}/go; while [ ! -e ${folder}/done ]; do sleep 0.05; done; exit 7`;
  expect(await config('exec', '--file', file, '--', 'sh', '-c', shell)).toMatchObject({ code: 7, out: TEXT, err: expect.stringContaining('Read-only') });
  await watcher.exited;
  expect(readFileSync(seen, 'utf8')).toBe('');
  expect(existsSync(file)).toBe(false);

  // What somebody else encrypts for the same public key is not what was encrypted here.
  const identity = /AGE-SECRET-KEY-\S+/.exec(readFileSync(join(folder, '.sallyport/client-files/key'), 'utf8'))?.[0] ?? '';
  const stranger = new Encrypter();
  stranger.addRecipient(await identityToRecipient(identity));
  writeFileSync(`${file}.age`, armor.encode(await stranger.encrypt('{"mcpServers":{"evil":{"command":"evil"}}}')));
  expect(await config('exec', '--file', file, '--', 'cat', file)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('ERR_VAULT_SEAL') });

  writeFileSync(`${file}.age`, encrypted);
  expect(await config('unseal', file, '--yes')).toMatchObject({ code: 0 });
  expect(readFileSync(file, 'utf8')).toBe(TEXT);
  expect(existsSync(`${file}.age`)).toBe(false);
});
