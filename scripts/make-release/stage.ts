import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { LockedPackage } from './sbom.ts';

/** What an installed program is made of, besides its packages. */
const PARTS = ['bin/*', 'src/**/*', 'console/dist/**/*', 'deploy/**/*', 'docs/**/*', 'LICENSE', 'README.md', 'SECURITY.md'];
/** Tests, and what only they use. */
const LEFT_OUT = /(?:\.test|[/-]fixtures?(?:-[a-z-]+)?|\/test-[a-z-]+|\/arbitrar(?:y|ies)(?:-[a-z-]+)?)\.ts$/;

/** The runtime under another name, 107 MB of it. */
const TWICE = /\/bun\/bin\/bunx\.exe$/;

const PACKAGE = z.looseObject({
  name: z.string(), version: z.string(), description: z.string(), license: z.string(), type: z.string(), engines: z.record(z.string(), z.string()),
  bin: z.record(z.string(), z.string()), dependencies: z.record(z.string(), z.string()),
});
export type PackageFile = z.infer<typeof PACKAGE>;

export function readPackage(root: string): PackageFile {
  return PACKAGE.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
}

/** Copies the program to a folder: our own files, and the packages that run, as they are installed here. */
export function stageProgram(root: string, out: string, packages: readonly LockedPackage[]): void {
  rmSync(out, { recursive: true, force: true });
  const paths = PARTS.flatMap((part) => [...new Bun.Glob(part).scanSync({ cwd: root, onlyFiles: true })]).filter((path) => !LEFT_OUT.test(path));
  for (const path of paths.toSorted()) copy(root, out, path);
  const { name, version, description, license, type, engines, bin, dependencies } = readPackage(root);
  write(out, 'package.json', { name, version, description, license, type, engines, bin, dependencies });
  write(out, 'npm-shrinkwrap.json', shrinkwrap(root, packages, { name, version, license, dependencies, bin, engines }));
  for (const { at, isOfPlatform } of packages) stagePackage(root, out, at, isOfPlatform);
  mkdirSync(join(out, 'node_modules', '.bin'), { recursive: true });
  symlinkSync('../bun/bin/bun.exe', join(out, 'node_modules', '.bin', 'bun'));
}

function copy(root: string, out: string, path: string): void {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  cpSync(join(root, path), join(out, path), { dereference: true });
}

function write(out: string, path: string, value: object): void {
  writeFileSync(join(out, path), `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Without the packages that are inside of it: they have places of their own in the lock. What is for other platforms is not here. */
function stagePackage(root: string, out: string, at: string, isOfPlatform: boolean): void {
  const from = join(root, at);
  const nested = join(from, 'node_modules');
  try {
    cpSync(from, join(out, at), { recursive: true, filter: (path) => path !== nested && !path.startsWith(`${nested}/`) && !TWICE.test(path) });
  } catch (cause) {
    if (!isOfPlatform) throw new Error(`${at} is not installed: npm ci`, { cause });
  }
}

/** The lock as published packages carry it: with the same digests, and without what is not installed with it. */
function shrinkwrap(root: string, packages: readonly LockedPackage[], own: object): object {
  const lock = z.looseObject({ packages: z.record(z.string(), z.unknown()), lockfileVersion: z.number() })
    .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  return {
    ...readNameAndVersion(own), lockfileVersion: lock.lockfileVersion, requires: true,
    packages: { '': own, ...Object.fromEntries(packages.map(({ at }) => [at, lock.packages[at]])) },
  };
}

function readNameAndVersion(own: object): object {
  const { name, version } = z.looseObject({ name: z.string(), version: z.string() }).parse(own);
  return { name, version };
}
