import { existsSync } from 'node:fs';
import type { ConfiguredServer } from '../../domain/configured-server.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Observation } from '../../domain/observation.ts';
import type { Runs, Unwrapped } from '../../domain/runs.ts';
import { keyOfClient, keyOfProgram, keysOfRuns, withoutSecrets } from '../keys.ts';
import { publicRuns } from '../public-runs.ts';
import type { FilesLook } from './file-place.ts';

/** One server of a file, and what is known of the file. */
export interface Seen {
  readonly server: ConfiguredServer;
  /** The home in which the file lies. */
  readonly home?: string;
  readonly person?: string;
  readonly mode?: number;
  readonly alsoReadBy: readonly string[];
}

/** What one entry of a client's file gives away of itself: no value of it, but what it runs and what is wrong with it. */
export function observeServer(seen: Seen, { files, root, machine, now, advisoriesFor }: FilesLook): Observation {
  const { server, person, alsoReadBy } = seen;
  const { confidence, ended } = files.clientOf(server.client);
  const runs = settled(server.runs.runs, seen, root);
  const keys = keysOfRuns(runs, machine);
  const version = runs.kind === 'package' ? runs.version : undefined;
  const advisories = runs.kind === 'package' && version !== undefined ? advisoriesFor(runs.ecosystem, runs.name, version) : [];
  return {
    sensor: 'client-file', kind: 'server', host: machine, place: `${server.file}:${server.line}`, seenAt: now, confidence,
    // What is reached over a socket of this machine has no address that others know it by.
    keys: keys.length > 0 ? keys : [keyOfProgram(machine, runs.kind === 'remote' ? runs.url : `${server.client}:${server.name}`)],
    name: server.name.slice(0, LIMITS.nameLengthMax), runs: publicRuns(runs), client: server.client,
    ...(person === undefined ? {} : { person }),
    risks: [...files.risksOf(server, seen.mode), ...(advisories.length > 0 ? ['advisory' as const] : [])],
    facts: {
      transport: server.transport, scope: server.scope, ...(server.isDisabled ? { disabled: true } : {}),
      ...(server.project === undefined ? {} : { project: server.project }), ...(version === undefined ? {} : { version: version.slice(0, 100) }),
      ...wrappersOf(server.runs), ...(alsoReadBy.length === 0 ? {} : { alsoReadBy: alsoReadBy.join(', ') }),
      ...(ended === undefined ? {} : { clientEnded: ended }), ...(advisories.length === 0 ? {} : { advisories: advisories.join(', ') }),
    },
  };
}

/** A client that a person has here, by the files that it keeps. */
export function observeClient(client: string, person: string, place: string, servers: number, { files, machine, now }: FilesLook): Observation {
  const { name, ended } = files.clientOf(client);
  return {
    sensor: 'client-file', kind: 'client', host: machine, place, seenAt: now, confidence: files.clientOf(client).confidence, name, client, person,
    keys: [keyOfClient(client, machine, person)], risks: ended === undefined ? [] : ['end-of-life'],
    facts: { servers, ...(ended === undefined ? {} : { ended }) },
  };
}

/** Tokens that lie in clear beside what they open. */
export function observeTokens(place: string, client: string, person: string, url: string | undefined, { files, machine, now }: FilesLook): Observation {
  const common = { sensor: 'client-file', host: machine, place, seenAt: now, client, person, risks: ['secret-in-clear'] } as const;
  if (url === undefined) {
    return { ...common, kind: 'client', name: files.clientOf(client).name, confidence: 90, keys: [keyOfClient(client, machine, person)],
      facts: { tokens: true } };
  }
  const runs: Runs = { kind: 'remote', url };
  return { ...common, kind: 'server', confidence: 90, keys: keysOfRuns(runs, machine), runs: publicRuns(runs), facts: { tokens: true } };
}

function wrappersOf({ wrappers }: Unwrapped): { readonly wrappers?: string } {
  return wrappers.length === 0 ? {} : { wrappers: wrappers.join(' ') };
}

/** Where a person's own words for places lead, and where a bare name is found; nothing is started to tell. */
function settled(runs: Runs, { server, home }: Seen, root: string): Runs {
  // Fetched from an address, whose path may be a key to it.
  if (runs.kind === 'package' && runs.name.includes('://')) return { ...runs, name: withoutSecrets(runs.name) };
  if (runs.kind !== 'program') return runs;
  const placed = (path: string): string => withPlaces(path, home, server.project);
  const { program, script } = runs;
  if (script !== undefined) return { ...runs, program: placed(program), script: placed(script) };
  if (/[/\\~$%]/.test(program)) return { ...runs, program: placed(program) };
  const own = home === undefined ? [] : OWN.map((each) => `${home}/${each}`);
  const folders = [...own, ...SHARED.map((each) => `${root}${each}`)];
  const found = folders.map((folder) => `${folder}/${program}`).find((path) => existsSync(path));
  return { ...runs, program: found ?? program };
}

const OWN = ['.local/bin', 'bin', 'go/bin', '.cargo/bin'];
const SHARED = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin'];

function withPlaces(path: string, home: string | undefined, project: string | undefined): string {
  const inHome = home === undefined ? path : path.replace(/^(?:~(?=\/)|\$HOME\b|\$\{(?:env:)?HOME\}|\$\{userHome\})/, () => home);
  return project === undefined ? inHome : inHome.replace(/^(?:\$\{workspaceFolder\}|\$\{workspaceRoot\}|\$\{CLAUDE_PROJECT_DIR(?::-[^}]*)?\})/, () => project);
}
