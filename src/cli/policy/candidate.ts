import { readManifestFiles } from '../../control/manifest/files.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { OptionTable } from '../arguments.ts';
import { readTexts } from '../policy-files.ts';
import type { Call } from '../verbs.ts';

/** The exit code where something is found: neither success nor failure. */
export const CHANGED = 3;

/** Options that say what is looked at instead of what is in force. */
export const CANDIDATE = {
  file: { type: 'string', short: 'f' }, policies: { type: 'string', multiple: true }, proposal: { type: 'string' }, enforce: { type: 'string', multiple: true },
} as const satisfies OptionTable;

/** One manifest, or policies, or a proposal, as control takes it. Throws `ERR_USAGE`, `ERR_FILE_UNREADABLE`. */
export async function candidateOf({ options }: Call): Promise<JsonObject> {
  const [file, policies, proposal] = [options.text('file'), [...options.list('policies'), ...options.positionals], options.text('proposal')];
  const enforce = options.list('enforce');
  if ([file !== undefined, policies.length > 0, proposal !== undefined].filter(Boolean).length > 1) {
    throw new SallyportError('ERR_USAGE', 'there is one candidate at a time', { remedy: 'Name a manifest, or policies, or a proposal.' });
  }
  return {
    ...(file === undefined ? {} : { manifest: { ...(await readManifestFiles(file)) } as JsonObject }),
    ...(policies.length === 0 ? {} : { policies: (await readTexts(await cedarFiles(policies))).map((one) => ({ ...one })) }),
    ...(proposal === undefined ? {} : { proposal }), ...(enforce.length === 0 ? {} : { enforce }),
  };
}

/** A folder stands for the policies in it. */
async function cedarFiles(given: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(given.map(async (one) => {
    if (one.endsWith('.cedar')) return [one];
    const files = await Array.fromAsync(new Bun.Glob('**/*.cedar').scan({ cwd: one, absolute: true, onlyFiles: true })).catch(() => []);
    if (files.length > 0) return files;
    throw new SallyportError('ERR_FILE_UNREADABLE', `there is no .cedar file in ${one}`, { remedy: 'Name a folder with policies, or the files.' });
  }));
  return found.flat().toSorted();
}
