import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { parseManifest } from '../../registry/manifest.ts';

/** A manifest with the texts of every file that it names, as they are sent to control: control opens no file of others. */
export interface ManifestFiles {
  readonly file: string;
  readonly text: string;
  readonly policies: readonly { readonly file: string; readonly text: string }[];
  /** PEM. */
  readonly extraRoots?: string;
}

/** Reads sallyport.yaml and what it names. Throws `ERR_CONFIG_*` with file, line and column, and `ERR_FILE_UNREADABLE`. */
export async function readManifestFiles(file: string): Promise<ManifestFiles> {
  return (await readManifest(file)).files;
}

/** The same, with the paths of all that was read. */
export async function readManifest(file: string): Promise<{ readonly files: ManifestFiles; readonly paths: readonly string[] }> {
  const text = await readText(file);
  const manifest = parseManifest(text, file);
  const folder = dirname(resolve(file));
  const names = (await Promise.all(manifest.policies.map((pattern) => findFiles(pattern, folder)))).flat();
  const policies = await Promise.all([...new Set(names)].sort().map(async (name) => ({ file: relative(folder, name), text: await readText(name) })));
  const roots = manifest.network?.extraRoots;
  const named = roots === undefined ? [] : [resolve(folder, roots)];
  const [extraRoots] = await Promise.all(named.map(readText));
  return { files: { file, text, policies, ...(extraRoots === undefined ? {} : { extraRoots }) }, paths: [resolve(file), ...new Set(names), ...named] };
}

/** A pattern that finds nothing is refused: a policy that is missing by a typing error would be missed only when it is needed. */
async function findFiles(pattern: string, folder: string): Promise<readonly string[]> {
  const found = await Array.fromAsync(new Bun.Glob(pattern).scan({ cwd: folder, absolute: true, onlyFiles: true }));
  if (found.length > 0) return found;
  throw new SallyportError('ERR_FILE_UNREADABLE', `no file matches "${pattern}"`, { remedy: `Paths are relative to ${folder}.` });
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} cannot be read as UTF-8 text`, { remedy: 'Check that the file exists and is readable.', cause });
  }
}
