import { hostname } from 'node:os';
import { lookAtCode } from '../../discover/code/look.ts';
import type { CodeLook, Clue } from '../../discover/code/clue.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import type { Verb } from '../verbs.ts';
import { namedFolders } from './folders.ts';
import { look, LOOK_OPTIONS, LOOK_USAGE } from './look.ts';

export const code: Verb = {
  usage: `code FOLDER... ${LOOK_USAGE}
          repositories below the folders, as they stand and as they are committed, image recipes, manifests, workflows (docs/code-discovery.md)`,
  options: LOOK_OPTIONS,
  run: async (call) => {
    const roots = namedFolders([call.need(0, 'the folder'), ...call.options.positionals.slice(1)], call.io.cwd);
    const { currentKnowledge } = await import('../knowledge/current.ts');
    const joined = await codeLook(hostname(), Date.now(), await currentKnowledge(call.client));
    return look(call, 'looking at the code', lookAtCode(roots, joined));
  },
};

/** Joins what the look at code needs: how commands are unwrapped, clients' files read, and what is known of vendors and versions. */
export async function codeLook(machine: string, now: number, { vendorOf, affectedBy }: Pick<Knowledge, 'vendorOf' | 'affectedBy'>): Promise<CodeLook> {
  const [{ unwrap }, { readText }, { readServers }, { placesOfProject }] = await Promise.all([
    import('../../client-files/runs/unwrap.ts'), import('../../client-files/read/document.ts'), import('../../client-files/read/servers.ts'),
    import('../../client-files/table/places.ts'),
  ]);
  const places = placesOfProject().filter(({ use }) => use === 'servers').map(({ client, pattern }) => ({ client, matches: patternOf(pattern) }));
  const clientOf = (path: string): string | undefined => places.find(({ matches }) => matches.test(path))?.client;
  return {
    machine, now, unwrap, isClientFile: (path) => clientOf(path) !== undefined,
    vendorOf: (host, path) => vendorOf(host, path)?.vendor,
    advisoriesFor: affectedBy,
    readClientFile: (path, text) => {
      const client = clientOf(path) ?? 'unknown';
      const { servers } = readServers(readText(text, path), { client, file: path, scope: 'project' });
      return servers.filter(({ isDisabled }) => !isDisabled).map(({ name, line, runs: { runs, wrappers } }): Clue => ({
        line, sensor: 'client-file', kind: 'server', name, client, runs, confidence: 95, risks: [],
        facts: { by: 'the file of a client', ...(wrappers.length > 0 && { wrappers: wrappers.join(', ') }) },
      }));
    },
  };
}

/** A path in a project, at any depth of a repository: `*` is one name, `**` any folders. */
function patternOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\*)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`(?:^|/)${parts.join('')}$`);
}
