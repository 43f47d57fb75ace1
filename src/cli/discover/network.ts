import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { readTargets } from '../../discover/network/targets.ts';
import type { Targets } from '../../discover/network/targets.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import { refusalOf } from '../../upstream/address-class.ts';
import { ignoreProxyVariables } from '../../upstream/http-request.ts';
import { readPlain } from '../plain-file.ts';
import type { Verb } from '../verbs.ts';
import { look, LOOK_OPTIONS, LOOK_USAGE } from './look.ts';

export const network: Verb = {
  usage: `network FILE ${LOOK_USAGE}
          FILE: the targets, with the owner who allows it and the day on which that ends (docs/network-discovery.md)`,
  options: LOOK_OPTIONS,
  run: async (call) => {
    const { io, need, client } = call;
    const targets = await readTargetFile(resolve(io.cwd, need(0, 'the target file')));
    // A proxy would be told of every address, and answer in the place of those that are not there.
    ignoreProxyVariables();
    const [{ scanNetwork }, { currentKnowledge }] = await Promise.all([import('../../discover/network/scan.ts'), import('../knowledge/current.ts')]);
    const scan = { targets, knowledge: await currentKnowledge(client), refusalOf: refused, machine: hostname(), signal: io.signal };
    return look(call, 'looking at the targets', scanNetwork(scan));
  },
};

/** Throws `ERR_FILE_UNREADABLE`, `ERR_CONFIG_SYNTAX` and `ERR_CONFIG_INVALID` with each place. */
async function readTargetFile(path: string): Promise<Targets> {
  const file = parseManifestText(await readPlain(path, LIMITS.bodyBytesMax), path);
  const read = readTargets(file.value, refused, Date.now());
  if ('targets' in read) return read;
  throw file.invalid(read, 'docs/network-discovery.md has an example; nothing was looked at');
}

const NOTHING = { internal: [], isInternalName: false, allowPrivate: false } as const;

/** Public addresses are other people's as well as ours: no file can allow them. */
function refused(address: string): string | undefined {
  return refusalOf(address, NOTHING) === undefined ? 'a public address' : refusalOf(address, { ...NOTHING, allowPrivate: true });
}
