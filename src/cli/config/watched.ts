import { homedir, hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { openBaselines } from '../../client-files/watch/baseline.ts';
import type { Baseline, BaselineStore } from '../../client-files/watch/baseline.ts';
import { filesOf, lookAt } from '../../client-files/watch/look.ts';
import { userNames } from '../../discover/host/accounts.ts';
import type { Seen } from '../../client-files/watch/look.ts';
import { watchedPlaces } from '../../client-files/watch/places.ts';
import type { Difference, FileState, WatchedPlace } from '../../client-files/watch/watched.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { OptionTable } from '../arguments.ts';
import type { Client } from '../client.ts';
import { number, part, text } from '../json-view.ts';
import { ownPlatform } from '../own-platform.ts';
import type { Call } from '../verbs.ts';
import { hasGate } from './file-acts.ts';

/** What both `baseline` and `watch` are told: whose files, of which projects, and where what is known of them is kept. */
export const SCOPE_OPTIONS = {
  project: { type: 'string', multiple: true }, of: { type: 'string', multiple: true }, state: { type: 'string' }, place: { type: 'string' },
} as const satisfies OptionTable;
export const SCOPE_USAGE = '[FILE…] [--project DIR…] [--of HOME…] [--place NAME] [--state DIR]';

/** Whose files are looked after, as control knows it. */
export interface Watched {
  readonly host: string;
  readonly place: string;
  readonly store: BaselineStore;
  readonly places: () => Promise<readonly WatchedPlace[]>;
}

export async function watchedOf({ options, io, client }: Call): Promise<Watched> {
  // A variable of a shell is no name of its user: from a timer the same files are another's then.
  const place = options.text('place') ?? userNames('/').get(process.getuid?.() ?? -1) ?? userInfo().username;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(place)) {
    throw new SallyportError('ERR_USAGE', '--place is 1 to 64 letters, digits, dots, dashes or underscores', {
      remedy: 'Leave it out: it is the user\'s name.',
    });
  }
  const platform = ownPlatform();
  const named = options.list('of').map((folder) => ({ folder: resolve(io.cwd, folder), platform, env: {} }));
  const homes = named.length > 0 ? named : [{ folder: io.env['HOME'] ?? homedir(), platform, env: io.env }];
  const projects = options.list('project').map((folder) => resolve(io.cwd, folder));
  const files = options.positionals.map((file) => resolve(io.cwd, file));
  return {
    host: hostname(), place, store: await openBaselines(resolve(io.cwd, options.text('state') ?? join(client.home, 'watch', place))),
    places: () => watchedPlaces({ homes, projects, files, platform, root: '' }),
  };
}

export async function lookAtAll(watched: Watched, salt: string): Promise<readonly Seen[]> {
  const { files, hasMore } = await filesOf(await watched.places());
  if (hasMore) {
    throw new SallyportError('ERR_REQUEST_INVALID', `there are more than ${LIMITS.watchedFilesMax} files`, {
      remedy: 'Name fewer projects, or approve them apart (--place).',
    });
  }
  const seen = await Promise.all(files.map((file) => lookAt(file, salt)));
  return seen.filter((one) => one !== undefined);
}

export interface Approved {
  readonly baseline: Baseline;
  /** Control was asked, and has it as approved. */
  readonly isConfirmed: boolean;
}

/** What was approved; and, where a gate is set up, that control holds it for the one that was approved last. Throws `ERR_CONFIG_TAMPERED`. */
export async function approvedBaseline(client: Client, watched: Watched): Promise<Approved | undefined> {
  const kept = await watched.store.read();
  const known = await approvedByControl(client, watched);
  if (kept === undefined) {
    if (known === undefined || known === 'away') return undefined;
    throw tampered(`control knows baseline ${known.number} of this place, and there is none here`);
  }
  if (known === 'away') return { baseline: kept.baseline, isConfirmed: false };
  if (hasGate(client) && known?.root !== kept.root) throw tampered(`what is here is not what control has as approved (number ${known?.number ?? 'none'})`);
  return { baseline: kept.baseline, isConfirmed: known !== undefined };
}

type Known = { readonly root: string; readonly number: number } | 'away' | undefined;

async function approvedByControl(client: Client, { host, place }: Watched): Promise<Known> {
  if (!hasGate(client)) return undefined;
  try {
    const answer = await client.get('/file-approvals', { host, place });
    const root = text(part(answer, 'baseline', 'root'));
    return root === '' ? undefined : { root, number: number(part(answer, 'baseline', 'number')) };
  } catch (error) {
    // A control that is away can't confirm; what was signed here is watched all the same, and that is said.
    if (error instanceof SallyportError && error.code === 'ERR_NOT_RUNNING') return 'away';
    throw error;
  }
}

function tampered(why: string): SallyportError {
  return new SallyportError('ERR_CONFIG_TAMPERED', `the baseline does not hold: ${why}`, {
    remedy: 'Look at what the files hold now, then approve them: sallyport config baseline --reason …',
  });
}

export function byPath(files: readonly FileState[]): ReadonlyMap<string, FileState> {
  return new Map(files.map((file) => [file.path, file]));
}

/** Differences as control takes them: so many, of a bounded length; the rest is counted. */
export function toldOf(differences: readonly Difference[], by?: string): JsonObject {
  const told = differences.slice(0, LIMITS.fileDifferencesMax);
  return {
    differences: told.map(({ file, client, server, what, severity }) => ({
      file: cut(file, LIMITS.filePathCharsMax), severity, what: cut(what, 255), ...(client === undefined ? {} : { client }),
      ...(server === undefined || server === '' ? {} : { server: cut(server, 255) }), ...(by === undefined ? {} : { by: cut(by, 255) }),
    })),
    left: differences.length - told.length,
  };
}

function cut(value: string, most: number): string {
  return (value.length > most ? `${value.slice(0, most - 1)}…` : value).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}
