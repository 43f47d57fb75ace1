import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { ORIGIN, type Statement } from '../configuration/version.ts';
import type { ManifestFiles } from './files.ts';

/** SHA-256 (hex) of what a manifest and its files say; where they lie is no part of it. */
export function digestOfFiles({ text, policies, extraRoots }: ManifestFiles): string {
  const named = policies.map(({ file, text: of }) => [file, of]).toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify([text, named, extraRoots ?? ''])).digest('hex');
}

export type Origin = NonNullable<NonNullable<Statement['manifest']>['origin']>;

/** As `up` passes it to control. */
export function readOrigin(text: string | undefined): Origin | undefined {
  return text === undefined ? undefined : ORIGIN.parse(JSON.parse(text));
}

/** Who changed a manifest last, and when: of the file among these that was changed last. */
export async function originOf(paths: readonly string[]): Promise<Origin> {
  const found = await Promise.all(paths.map(async (file) => {
    const { uid, mtimeMs } = await stat(file);
    return { file, uid, changedAt: Math.round(mtimeMs) };
  }));
  const [last = { file: '', uid: -1, changedAt: 0 }] = found.toSorted((a, b) => b.changedAt - a.changedAt);
  return { ...last, owner: userName(last.uid) };
}

/** The name of a user of this machine, where it has one. */
export function userName(uid: number): string {
  try {
    const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((one) => one.split(':')[2] === String(uid));
    return line?.split(':')[0] ?? `uid ${uid}`;
  } catch {
    return `uid ${uid}`;
  }
}
