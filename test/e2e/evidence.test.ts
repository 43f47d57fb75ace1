import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isArray, isObject, type JsonObject } from '../../src/domain/json.ts';
import { SIGNED_AS } from '../../src/domain/snapshot.ts';
import { command as audit } from '../../src/cli/audit.ts';
import { text } from '../../src/cli/json-view.ts';
import { startCountingServer, type CountingServer } from '../fixtures/counting-server.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { vkeyOf } from '../fixtures/ledger-files.ts';
import { callTool } from '../fixtures/modern-call.ts';
import { checkTree } from '../independent/tlog.mjs';
import { verifies } from './requirements.ts';

/** What an auditor gets of a gate and does with it, as they type it. */
const INDEPENDENT = join(import.meta.dir, '../independent/main.mjs');
const ALICE = { agent: 'tester', kind: 'person', subject: 'alice-of-accounting' };
let folder = '';
let upstream: CountingServer;
let gate: Gate;
let exchange = '';
let context = '';

beforeAll(async () => {
  folder = mkdtempSync('/tmp/sp-evidence-');
  upstream = startCountingServer(join(folder, 'effects'));
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);',
    manifest: `servers:\n  remote: { url: "${upstream.url}", allowPrivate: true, owner: tests }\n`,
  });
  await gate.enrol('remote');
  const { token } = await gate.admin('POST', '/tokens', { ...ALICE, audience: ['*'], groups: ['testers'], ttlMs: 3_600_000 });
  for (let call = 0; call < 3; call += 1) await callTool(`${gate.url}/mcp/remote`, text(token), 'charge', { id: `evidence-${call}` });
  const delivered = (await gate.records({ event: 'result.delivered', server: 'remote' })).at(-1);
  exchange = text(delivered?.['exchange']);
  context = text(delivered?.['context']);
}, 30_000);
afterAll(async () => {
  await gate.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly json: JsonObject;
}

/** `sallyport audit …` against this gate. */
async function run(...args: readonly string[]): Promise<Ran> {
  let out = '';
  const io = {
    env: {}, cwd: folder, interactive: false, out: (said: string) => void (out += said), note: () => undefined,
    confirm: async () => false, signal: new AbortController().signal,
  };
  const code = await audit.run([...args, '--home', gate.home, '--json'], io);
  const json: unknown = JSON.parse(out);
  return { code, out, json: isJson(json) ? json : {} };
}

function isJson(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

function node(...args: readonly string[]): { readonly code: number; readonly out: string } {
  const ran = Bun.spawnSync(['node', ...args]);
  return { code: ran.exitCode, out: ran.stdout.toString() + ran.stderr.toString() };
}

test(verifies('log-verifiable', 'a running gate’s log is accepted by the specifications’ verifier and by ours, with every file in its place'), async () => {
  // A proof of a record is there as soon as a checkpoint covers it.
  expect((await run('prove', exchange)).code).toBe(0);
  const { json, code } = await run('verify', '--key', vkeyOf(gate.home));
  expect([code, json['flawCount'], json['unaccounted']]).toEqual([0, 0, 0]);
  // A ledger that runs may just be writing its next checkpoint.
  let oddities: unknown = 'none seen';
  for (let look = 0; look < 50 && !Bun.deepEquals(oddities, []); look += 1) ({ oddities } = (await run('fsck')).json);
  expect(oddities).toEqual([]);
  expect(checkTree(join(gate.home, 'ledger', 'log'), vkeyOf(gate.home)).entries.length).toBeGreaterThan(5);
});

test(verifies('log-verifiable', 'each record of an exchange is proven, online and from the files; Node’s verifier accepts what was written'), async () => {
  for (const [name, args] of [['online', ['--reveal', '--reason', 'test']], ['offline', ['--offline', gate.home]]] as const) {
    const { json, code } = await run('prove', exchange, '--out', join(folder, name), ...args);
    expect([code, isArray(json['proofs']) ? json['proofs'].length : 0]).toEqual([0, 2]);
    const proofs = readdirSync(join(folder, name)).filter((file) => file.endsWith('.tlog-proof'));
    expect(proofs).toHaveLength(2);
    for (const proof of proofs) {
      const line = proof.replace('.tlog-proof', '.json');
      const checked = node(INDEPENDENT, 'proof', join(folder, name, proof), join(folder, name, line), vkeyOf(gate.home));
      expect([checked.code, checked.out]).toEqual([0, expect.stringContaining('"proven":true')]);
    }
  }
}, 30_000);

test(verifies('log-verifiable', 'a checkpoint that somebody kept is shown to be the beginning of the log of today'), async () => {
  const kept = join(folder, 'kept');
  cpSync(join(gate.home, 'ledger', 'log', 'checkpoint'), kept);
  const token = await gate.token();
  await callTool(`${gate.url}/mcp/remote`, token, 'charge', { id: 'later' });
  await run('prove', text((await gate.records({ event: 'result.delivered' })).at(-1)?.['exchange']));
  const { json, code } = await run('consistency', kept);
  expect(code).toBe(0);
  expect(Number(json['second'])).toBeGreaterThan(Number(json['first']));
  writeFileSync(join(folder, 'newer'), text(json['newer']));
  writeFileSync(join(folder, 'hashes'), isArray(json['proof']) ? json['proof'].map(text).join('\n') : '');
  expect(node(INDEPENDENT, 'consistency', kept, join(folder, 'newer'), join(folder, 'hashes'), vkeyOf(gate.home)).code).toBe(0);
}, 30_000);

test(verifies('evidence-bundle', 'a session’s evidence checks out offline, by its own script and ours, with definitions and configuration'), async () => {
  const out = join(folder, 'bundle');
  expect((await run('bundle', '--context', context, '--incident', 'INC-7', '--out', out)).code).toBe(0);
  expect(readFileSync(join(out, 'verify.mjs'), 'utf8').split('\n').length).toBeLessThanOrEqual(100);
  const script = node(join(out, 'verify.mjs'), out, vkeyOf(gate.home));
  expect([script.code, script.out]).toEqual([0, expect.stringContaining('verified')]);
  const { json, code } = await run('verify-bundle', out, '--key', vkeyOf(gate.home));
  expect([code, json['problems'], json['gaps'], json['disclosed']]).toEqual([0, [], [], 0]);
  const names = readdirSync(out, { recursive: true }).map(String);
  for (const folderName of ['definitions', 'configuration', 'policies']) expect(names.some((name) => name.startsWith(`${folderName}/`))).toBe(true);
}, 30_000);

test(verifies('evidence-bundle', 'nobody’s name is in it without the right to see names; an archive is as good as a folder'), async () => {
  const [hidden, shown] = [join(folder, 'hidden'), join(folder, 'shown.tar')];
  await run('bundle', '--exchange', exchange, '--out', hidden);
  expect((await run('bundle', '--exchange', exchange, '--out', shown, '--reveal', '--reason', 'an investigation')).code).toBe(0);
  const all = readdirSync(hidden, { recursive: true, withFileTypes: true }).filter((item) => item.isFile())
    .map((item) => readFileSync(join(item.parentPath, item.name), 'utf8')).join('\n');
  expect(all).not.toContain(ALICE.subject);
  expect(all).toMatch(/"principal":"p_[0-9a-f]{20}"/);
  const { json, code } = await run('verify-bundle', shown);
  expect([code, json['problems'], json['disclosed'], json['disclosure']]).toEqual([0, [], 2, 'original']);
  const unpacked = mkdtempSync(join(folder, 'tar-'));
  expect(Bun.spawnSync(['tar', '-xf', shown, '-C', unpacked]).exitCode).toBe(0);
  expect(node(join(unpacked, 'verify.mjs')).out).toContain('2 of them disclosed');
  expect(readFileSync(join(unpacked, 'records.jsonl'), 'utf8')).toContain(ALICE.subject);
}, 30_000);

/** The bundle as somebody with a key of their own would sign it, once they have changed it. */
function signedAnew(folderName: string, change: (manifest: { records: JsonObject[]; files: Record<string, string> }) => void): void {
  const manifest: { records: JsonObject[]; files: Record<string, string> } = JSON.parse(readFileSync(join(folderName, 'manifest.json'), 'utf8'));
  change(manifest);
  for (const name of Object.keys(manifest.files)) {
    if (existsSync(join(folderName, name))) manifest.files[name] = createHash('sha256').update(readFileSync(join(folderName, name))).digest('hex');
  }
  const written = JSON.stringify(manifest);
  writeFileSync(join(folderName, 'manifest.json'), written);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const signature = sign(null, Buffer.from(`${SIGNED_AS.bundle}${written}`), privateKey).toString('base64');
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64');
  writeFileSync(join(folderName, 'signature.json'), JSON.stringify({ key, signature }));
}

test(verifies('evidence-bundle', 'a bundle that counts a record twice, or leads elsewhere, is refused by its script and by ours'), async () => {
  const lies: Readonly<Record<string, (out: string) => void>> = {
    twice: (out) => signedAnew(out, ({ records }) => {
      records.push(records.at(-1) ?? {});
      const lines = readFileSync(join(out, 'records.jsonl'), 'utf8').trimEnd().split('\n');
      writeFileSync(join(out, 'records.jsonl'), `${[...lines, lines.at(-1)].join('\n')}\n`);
    }),
    link: (out) => symlinkSync('/dev/zero', join(out, 'policies', 'x')),
    'a name of everybody': (out) => writeFileSync(join(out, 'constructor'), ''),
    'another folder': (out) => signedAnew(out, ({ files }) => void (files['../../../../../../etc/hostname'] = '00')),
  };
  for (const [lie, tell] of Object.entries(lies)) {
    const out = join(folder, `lie-${lie.replaceAll(' ', '-')}`);
    await run('bundle', '--exchange', exchange, '--out', out);
    tell(out);
    expect([lie, node(join(out, 'verify.mjs')).code]).toEqual([lie, 1]);
    expect([lie, await run('verify-bundle', out).then(({ code }) => code, () => 1)]).toEqual([lie, 1]);
  }
}, 30_000);

test(verifies('evidence-bundle', 'whatever is changed in a bundle, its script and ours say so'), async () => {
  const out = join(folder, 'changed');
  await run('bundle', '--exchange', exchange, '--out', out, '--reveal', '--reason', 'a test');
  const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((item) => item.isFile()).map((item) => join(item.parentPath, item.name));
  for (const file of files) {
    if (file.endsWith('verify.mjs')) continue;
    const whole = readFileSync(file);
    const changed = Buffer.from(whole);
    changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, changed);
    expect([file, node(join(out, 'verify.mjs')).code]).toEqual([file, 1]);
    expect([file, await run('verify-bundle', out).then(({ code }) => code, () => 1)]).toEqual([file, 1]);
    writeFileSync(file, whole);
  }
  writeFileSync(join(out, 'more'), '');
  expect(node(join(out, 'verify.mjs')).out).toContain('more: not a file of this bundle');
  expect(isObject((await run('verify-bundle', out)).json)).toBe(true);
  expect((await run('verify-bundle', out, '--control-key', 'AAAA')).out).toContain('not by the key that was given');
}, 60_000);
