import { readFileSync } from 'node:fs';
import { readOrigin } from '../control/manifest/on-disk.ts';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { ROLES } from '../domain/role.ts';
import type { FleetOptions } from '../roles/fleet.ts';
import { sayFault, serveUntilStopped, untilGo, type Running } from '../roles/supervised.ts';
import { readArguments, usageError, type Arguments } from './arguments.ts';
import type { Command, Io } from './command.ts';
import { homeFolder } from './home.ts';
import { readSpan } from './terminal.ts';

/** What `up` spawns; in a fleet, what a deployment's container runs. Each role loads its own code only. */
export const command: Command = {
  name: 'role',
  summary: 'Runs one role in the foreground (what `up` starts five of)',
  usage: `role ledger [--strict]
role control [--manifest FILE [--watch]] [--listen HOST:PORT] [--insecure-loopback] [--lease 60s]
role runner
role egress
role gateway --listen HOST:PORT [--insecure-loopback] [--node NAME]
Between machines, each role: [--node NAME] [--join FILE|-] [--link-listen HOST:PORT] [--peer ROLE[/NODE]=HOST:PORT]...`,
  async run(args, io) {
    const options = readArguments(command, args, {
      strict: { type: 'boolean' },
      manifest: { type: 'string' },
      watch: { type: 'boolean' },
      // By `up` only, which sees the file itself.
      'manifest-origin': { type: 'string' },
      listen: { type: 'string' },
      'insecure-loopback': { type: 'boolean' },
      node: { type: 'string' },
      join: { type: 'string' },
      'link-listen': { type: 'string' },
      lease: { type: 'string' },
      peer: { type: 'string', multiple: true },
      // By `up` only: waits for its word to begin, and tells it faults on stdout instead of a person on stderr.
      supervised: { type: 'boolean' },
    });
    if (options.positionals[0] === 'range') {
      const { serveRange } = await import('../roles/range/inside.ts');
      return serveRange(homeFolder(io.env, options.home), options.text('listen') ?? '127.0.0.1:0', io.signal);
    }
    const start = await load(options, io);
    const isSupervised = options.flag('supervised');
    try {
      const mayStart = !isSupervised || (await untilGo(io.signal));
      const running = mayStart ? await unlessAborted(start(), io.signal) : undefined;
      // Told to stop before it was ready: nothing was served, and its files survive a kill anyway.
      if (running === undefined) return process.exit(0);
      await serveUntilStopped(running, io.signal, isSupervised);
      return 0;
    } catch (fault) {
      if (!isSupervised) throw fault;
      // What was begun may hold the process open.
      return process.exit(sayFault(fault));
    }
  },
};

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) resolve(undefined);
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return Promise.race([work, promise]);
}

/** Loads the role's code; what is returned starts it. */
async function load(options: Arguments, io: Io): Promise<() => Promise<Running>> {
  const home = homeFolder(io.env, options.home);
  const fleet = await readFleet(options);
  switch (options.positionals[0]) {
    case 'ledger': {
      const { runLedger } = await import('../roles/ledger.ts');
      return async () => silent(await runLedger({ home, strict: options.flag('strict'), fleet }));
    }
    case 'control': {
      const { startControl } = await import('../roles/control.ts');
      const manifest = options.text('manifest');
      const databaseUrl = io.env['DATABASE_URL'];
      const given = { ...(manifest === undefined ? {} : { manifest }), ...(databaseUrl === undefined ? {} : { databaseUrl }), ...storeRoots(io) };
      const listen = options.text('listen');
      // Large, and wanted as soon as control may begin: loaded while the roles before it start.
      if (listen !== undefined) await import('../control/issuer/open.ts');
      const followed = { watch: options.flag('watch'), manifestOrigin: readOrigin(options.text('manifest-origin')) };
      const door = { ...followed, insecureLoopback: options.flag('insecure-loopback'), ...(listen === undefined ? {} : { listen }) };
      const lease = readLease(options);
      return async () => {
        const running = await startControl({ home, ...given, ...door, fleet, ...lease });
        return { detail: running.url === undefined ? {} : { url: running.url }, close: () => running.close() };
      };
    }
    case 'runner': {
      const { startRunner } = await import('../roles/runner.ts');
      return async () => silent(await startRunner({ home, fleet }));
    }
    case 'egress': {
      const { startEgress } = await import('../roles/egress.ts');
      return async () => silent(await startEgress({ home, fleet }));
    }
    case 'gateway': {
      const { startGateway } = await import('../roles/gateway.ts');
      const redisUrl = io.env['REDIS_URL'];
      const listen = options.text('listen') ?? '127.0.0.1:7443';
      const insecureLoopback = options.flag('insecure-loopback');
      return async () => {
        const node = options.text('node') ?? 'gateway';
        const running = await startGateway({ home, listen, insecureLoopback, node, fleet, ...(redisUrl === undefined ? {} : { redisUrl }), ...storeRoots(io) });
        return { detail: { port: running.port, url: running.url }, close: () => running.close() };
      };
    }
    case undefined:
    default:
      throw usageError(command, 'a role is one of ledger, control, runner, egress, gateway');
  }
}

/** How long gateways go on deciding by the last snapshot when control is away. */
function readLease(options: Arguments): { readonly leaseMs?: number } {
  const given = options.text('lease');
  if (given === undefined) return {};
  const leaseMs = readSpan(given);
  if (leaseMs !== undefined && leaseMs >= LIMITS.leaseMsMin && leaseMs <= LIMITS.leaseMsMax) return { leaseMs };
  throw usageError(command, `--lease is a time span of ${LIMITS.leaseMsMin / 1000} s to 24 h, for instance 60s`);
}

/** Where the roles on other machines are, and by what this one joins them. */
async function readFleet(options: Arguments): Promise<FleetOptions> {
  const [node, listen, file] = [options.text('node'), options.text('link-listen'), options.text('join')];
  const peers = Object.fromEntries(options.list('peer').map((text) => {
    const [, name = '', address = ''] = /^([a-z]+(?:\/[A-Za-z0-9-]+)?)=(.+)$/.exec(text) ?? [];
    if (!ROLES.some((role) => role === name.split('/')[0])) throw usageError(command, `--peer ${text} names no role`);
    return [name, address];
  }));
  return {
    ...(node === undefined ? {} : { node }), ...(listen === undefined ? {} : { listen }),
    ...(Object.keys(peers).length === 0 ? {} : { peers }), ...(file === undefined ? {} : { join: await readJoin(file) }),
  };
}

/** A token is never an argument: everybody on the machine can read those. */
export async function readJoin(file: string): Promise<string> {
  try {
    return file === '-' ? await new Response(Bun.stdin).text() : readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} can't be read`, { remedy: 'Put the join token there, or pipe it in with --join -.', cause });
  }
}

/** A company's own certificate authority for its database and Redis; needed before any setting that is kept there can be read. */
function storeRoots({ env }: Io): { readonly storeRoots?: string } {
  const file = env['STORE_ROOTS'];
  if (file === undefined) return {};
  try {
    return { storeRoots: readFileSync(file, 'utf8') };
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} can't be read`, { remedy: 'Set STORE_ROOTS to a PEM file, or unset it.', cause });
  }
}

/** A role that has nothing to say but that it is ready. */
function silent(role: { close(): Promise<void> }): Running {
  return { detail: {}, close: () => role.close() };
}
