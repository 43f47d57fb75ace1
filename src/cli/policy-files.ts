import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { checkPolicies, testPolicies } from '../control/policies/check.ts';
import type { NamedText } from '../control/policies/check.ts';
import { readManifestFiles } from '../control/manifest/files.ts';
import { declaredConfiguration } from '../control/manifest/declared.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';

/** Files as control wants them: under the names by which people know them. */
export async function readTexts(files: readonly string[]): Promise<{ readonly file: string; readonly text: string }[]> {
  if (files.length === 0) throw new SallyportError('ERR_USAGE', 'no file is named', { remedy: 'Name the files, or a manifest with -f.' });
  return Promise.all(files.map(async (file) => {
    try {
      return { file: relative('.', file), text: new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file)) };
    } catch (cause) {
      throw new SallyportError('ERR_FILE_UNREADABLE', `${file} cannot be read as UTF-8 text`, { remedy: 'Check that the file exists and is readable.', cause });
    }
  }));
}

/** Checks a whole manifest without a running control. What policies say of tools' arguments waits until the tools are approved. */
export async function checkOffline(manifest: string): Promise<Json> {
  const { ok, diagnostics } = await checkPolicies(declaredConfiguration(await readManifestFiles(manifest), Date.now()));
  return { ok, diagnostics };
}

/** Runs tests against a manifest without a running control: tools have the effects that it declares. */
export async function testOffline(manifest: string, cases: readonly NamedText[]): Promise<Json> {
  return testPolicies(declaredConfiguration(await readManifestFiles(manifest), Date.now()), cases, DEFAULT_SPACE);
}
