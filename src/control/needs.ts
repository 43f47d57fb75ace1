import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { z } from 'zod';
import { isArray, isObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { readPlain } from '../link/published.ts';
import type { Rows } from '../store/store.ts';
import type { Change } from './control.ts';
import { readAudit } from './retention/settings.ts';
import { listStored } from './stored.ts';
import { readVaultSettings } from './vault/settings.ts';

const PATH = z.string().startsWith('/').max(4_096);
const PATHS = z.array(PATH).max(10_000).readonly();

/**
 * What the settings ask of the jails that roles are started in, beyond what every installation has. Control owns the settings,
 * so control says it; the supervisor, which reads it before each start, grants it within bounds of its own and says what it
 * grants. No role can say anything about itself but control, whose word this is anyway.
 */
const NEEDS = z.strictObject({
  /** A sink of records beyond this machine, and folders of those on it. */
  ledger: z.strictObject({ network: z.boolean(), writes: PATHS }),
  /** What local servers are declared to touch: a sandbox in the runner's jail can show no more than that jail has. */
  runner: z.strictObject({ reads: PATHS, writes: PATHS }),
  /** Files that secrets are read from; and whether commands are run for secrets, or the keyring of the system is asked. */
  control: z.strictObject({ reads: PATHS, programs: z.boolean(), keyring: z.boolean() }),
});
export type Needs = z.infer<typeof NEEDS>;

const NO_NEEDS: Needs = {
  ledger: { network: false, writes: [] }, runner: { reads: [], writes: [] }, control: { reads: [], programs: false, keyring: false },
};

const ENGINES: readonly string[] = ['/run/docker.sock', '/run/podman/podman.sock'];

/** In a folder of its own, which is watched. */
export function needsFile(home: string): string {
  return join(home, 'control', 'needs', 'needs.json');
}

/** What control said last; nothing where it said nothing, or nothing that is understood: a role is then started with less, never with more. */
export function readNeeds(home: string): Needs {
  try {
    return NEEDS.parse(JSON.parse(readPlain(needsFile(home), LIMITS.jailNeedsBytesMax)));
  } catch {
    return NO_NEEDS;
  }
}

/** Keeps the file as the settings are. */
export interface NeedsKeeper {
  /** Never rejects: what jails have stays as it is then, and is reported. */
  tend(): Promise<void>;
  /** The same way to change the store, after which the file is as it should be. */
  after(change: Change): Change;
}

export function createNeedsKeeper(home: string, store: Rows, report: (line: string) => void): NeedsKeeper {
  const tend = async (): Promise<void> => {
    try {
      const needs = await needsOf(store);
      if (Bun.deepEquals(readNeeds(home), needs)) return;
      const file = needsFile(home);
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      writeFileSync(`${file}.new`, JSON.stringify(needs), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch (fault) {
      report(`jails are not told what the settings need: ${fault instanceof Error ? fault.message : 'unknown'}`);
    }
  };
  return {
    tend,
    after: (change) => async (by, what, act, options) => {
      const result = await change(by, what, act, options);
      if (options?.dryRun !== true) await tend();
      return result;
    },
  };
}

async function needsOf(rows: Rows): Promise<Needs> {
  const [servers, settings] = [await listStored(rows, 'server'), await rows.list('setting')];
  const [audit, vault] = [await readAudit(rows), await readVaultSettings(rows)];
  const sinks = Object.values(audit.sinks ?? {});
  const providers = Object.values(vault.providers);
  const commands = providers.flatMap((provider) => (provider.type === 'exec' ? [provider.command[0] ?? ''] : []));
  const launches = servers.flatMap(({ body }) => (body.endpoint.transport === 'stdio' ? [body.endpoint.launch] : []));
  // Where containers are declared, the engine that runs them: who may ask it for one is the machine's root, and `up` says that it is given.
  const engines = launches.some((launch) => launch.package?.ecosystem === 'oci') ? ENGINES : [];
  const files = [...servers.map(({ body }): Json => JSON.parse(JSON.stringify(body))), ...settings.map(({ body }) => body)].flatMap(filesIn);
  return {
    ledger: { network: sinks.some(({ type }) => type !== 'file'), writes: tidy(sinks.flatMap((sink) => (sink.type === 'file' ? [sink.directory] : []))) },
    runner: {
      reads: tidy(launches.flatMap(({ sandbox, command, cwd }) => [...sandbox.reads, command, ...(cwd === undefined ? [] : [cwd])])),
      writes: tidy([...launches.flatMap(({ sandbox }) => sandbox.writes), ...engines]),
    },
    control: { reads: tidy([...files, ...commands]), programs: commands.length > 0 || vault.key === 'keyring', keyring: vault.key === 'keyring' },
  };
}

/** The folders of the files that references (`file:/path`) name: a secret that is rotated is mostly another file in the same folder. */
function filesIn(value: Json): readonly string[] {
  if (typeof value === 'string') return value.startsWith('file:/') ? [dirname(value.slice('file:'.length))] : [];
  if (isArray(value)) return value.flatMap(filesIn);
  return isObject(value) ? Object.values(value).flatMap((one) => (one === undefined ? [] : filesIn(one))) : [];
}

function tidy(paths: readonly string[]): readonly string[] {
  return [...new Set(paths.filter((path) => isAbsolute(path)).map((path) => normalize(path)))].toSorted();
}
