import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { digestFiles } from '../../src/cli/verify-files.ts';
import { dataParts } from './data.ts';
import type { DataPart } from './data.ts';
import { isAllowed, namesOnlyAllowed, reportLicences } from './licences.ts';
import type { Licensed } from './licences.ts';
import { filesStatement, provenanceOf, readReleaseKey, signStatement } from './provenance.ts';
import type { Artefact, Source } from './provenance.ts';
import { makeSbom, readBundled, readLock } from './sbom.ts';
import type { LockedPackage } from './sbom.ts';
import { readPackage, stageProgram } from './stage.ts';

/** What `scripts/release` runs; docs/release.md says what comes out. */
const { values } = parseArgs({ options: {
  key: { type: 'string' }, out: { type: 'string' }, builder: { type: 'string' }, dirty: { type: 'boolean' }, bundle: { type: 'boolean' },
} });
const root = join(import.meta.dir, '..', '..');

function run(command: readonly string[], cwd: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd });
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString().slice(0, 1000)}`);
  return stdout.toString().trim();
}

/** Of a copy without history; nothing but a trial is made of it. */
const NO_COMMIT: Source = { commit: '0'.repeat(40), timestamp: '1970-01-01T00:00:00Z', isDirty: true };

/** A release is of one commit. `--dirty` tries things out, and the provenance says so. */
function readSource(isDirtyAllowed: boolean): Source {
  if (isDirtyAllowed && Bun.spawnSync(['git', 'rev-parse', 'HEAD'], { cwd: root }).exitCode !== 0) return NO_COMMIT;
  const isDirty = run(['git', 'status', '--porcelain'], root) !== '';
  if (isDirty && !isDirtyAllowed) throw new Error('the tree has changes that are in no commit: commit them, or try things out with --dirty');
  const [commit = '', seconds = ''] = run(['git', 'log', '-1', '--format=%H %ct'], root).split(' ');
  return { commit, timestamp: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z'), isDirty };
}

function licensed({ name, version, licence }: LockedPackage): Licensed {
  return { name, version, licence, isAllowed: isAllowed(licence) };
}

function licencesOf(packages: readonly LockedPackage[], bundled: readonly LockedPackage[], parts: readonly DataPart[]): string {
  const libraries = [...packages.map(licensed), ...bundled.map((one) => ({ ...licensed(one), name: `${one.name} (in console/dist)` }))];
  const data = parts.flatMap(({ path, licence, madeOf }): Licensed[] => [
    { name: path, licence, isAllowed: isAllowed(licence) },
    ...madeOf.map((source) => ({ name: `${path}, made of: ${source.name}`, licence: source.licence, isAllowed: namesOnlyAllowed(source.licence) })),
  ]);
  return reportLicences([...libraries, ...data]);
}

function artefact(out: string, name: string): Artefact {
  return { name, sha256: createHash('sha256').update(readFileSync(join(out, name))).digest('hex') };
}

async function release(keyFile: string, out: string): Promise<void> {
  const key = readReleaseKey(keyFile);
  const source = readSource(values.dirty === true);
  const { name, version, license } = readPackage(root);
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  run([join(root, 'scripts', 'console')], root);
  const [packages, bundled, parts] = [readLock(lock), readBundled(lock, root), dataParts(root)];
  mkdirSync(out, { recursive: true });
  // What nobody may ship is found before anything is made.
  writeFileSync(join(out, 'licences.md'), licencesOf(packages, bundled, parts));
  const sbom = makeSbom(root, { name, version, licence: license, timestamp: source.timestamp }, { packages, bundled }, parts);
  writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(sbom, undefined, 2)}\n`);
  const program = join(out, 'program');
  stageProgram(root, program, packages);
  const platform = `${process.platform}-${process.arch}`;
  const tarball = run(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', out], program).split('\n').at(-1) ?? '';
  const bundle = `${name}-${version}-${platform}.tar`;
  const steady = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=${source.timestamp}`];
  if (values.bundle === true) {
    run(['tar', ...steady, '--create', '--file', join(out, bundle), '--transform', `s,^program,${name}-${version},`, 'program'], out);
  }
  const names = [tarball, 'sbom.cdx.json', 'licences.md', ...(values.bundle === true ? [bundle] : [])];
  const artefacts = names.map((one) => artefact(out, one));
  const files = await digestFiles(program);
  writeFileSync(join(out, 'files.dsse.json'), signStatement(filesStatement(artefacts, { name, version, platform }, files), key));
  const lockSha256 = createHash('sha256').update(lock).digest('hex');
  const builder = values.builder ?? 'urn:sallyport:builder:by-hand';
  const statement = provenanceOf([...artefacts, artefact(out, 'files.dsse.json')], source, lockSha256, builder);
  writeFileSync(join(out, 'provenance.intoto.jsonl'), signStatement(statement, key));
  const all = [...artefacts, artefact(out, 'files.dsse.json'), artefact(out, 'provenance.intoto.jsonl')];
  writeFileSync(join(out, 'SHA256SUMS'), all.map(({ name: file, sha256 }) => `${sha256}  ${file}\n`).join(''));
  const changes = source.isDirty ? ', with changes that are in no commit' : '';
  process.stdout.write(`${name} ${version} of ${source.commit.slice(0, 12)}${changes}: ${files.size} files\n`);
}

if (values.key === undefined || values.out === undefined) {
  process.stderr.write('usage: scripts/release --key FILE --out FOLDER [--builder URI] [--bundle] [--dirty]\n');
  process.exit(2);
}
try {
  await release(resolve(values.key), resolve(values.out));
} catch (fault) {
  process.stderr.write(`scripts/release: ${fault instanceof Error ? fault.message : 'failed'}\n`);
  process.exit(1);
}
