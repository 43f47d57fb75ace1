import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../../src/domain/role.ts';
import { openAuthority, type Authority } from '../../src/link/authority.ts';
import { connectLink, type Link } from '../../src/link/connect.ts';
import { Credentials } from '../../src/link/machines/credentials.ts';
import { median, type Figure } from '../figures.ts';
import { costOf } from '../processes.ts';
import { benchFolder, bun, startProcess, waitFor, type Bench } from '../targets/target.ts';

const ROUNDS = 5;
const ONE_BY_ONE = 2_000;
const AT_ONCE = 64;
const MANY = 20_000;
/** About as large as a record. */
const BODY = 'x'.repeat(600);
const LIFE_MS = 60 * 60_000;

interface Round {
  readonly p50Us: number;
  /** Of both sides. */
  readonly cpuUs: number;
}

/** What it costs that a role is on another machine: one round trip over a pair's socket and over mutual TLS, in turns. */
export async function measureLink(bench: Bench): Promise<Figure[]> {
  mkdirSync(bench.folder, { recursive: true });
  const [near, far] = [mkdtempSync(join(bench.folder, 'n-')), mkdtempSync(join(bench.folder, 'm-'))];
  const authority = await openAuthority(join(near, 'control'), join(near, 'ca'), new Date());
  await letIn(authority, near, 'ledger');
  const credentials = await letIn(authority, far, 'control');
  const peer = startProcess([bun, join(benchFolder, 'link-peer.ts'), near]);
  await waitFor('the peer', () => peer.output().includes('\n'), peer);
  const address = { hostname: '127.0.0.1', port: Number(peer.output().trim()) };
  const ways = {
    socket: connectLink({ home: near, self: 'control', peer: 'ledger' }),
    machine: connectLink({ home: far, self: 'control', peer: 'ledger', machine: { address, credentials: () => credentials } }),
  };
  const seen = { socket: [] as Round[], machine: [] as Round[] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const way of ['socket', 'machine'] as const) {
      const measured = await run(ways[way], peer.pid);
      // The first is about compilers of hot code.
      if (round > 0) seen[way].push(measured);
    }
  }
  for (const link of Object.values(ways)) link.close();
  await peer.stop();
  const p50 = (rounds: readonly Round[]): number => median(rounds.map(({ p50Us }) => p50Us));
  const cpu = (rounds: readonly Round[]): number => median(rounds.map(({ cpuUs }) => cpuUs));
  return [
    figure('p50 of a round trip on a pair\'s socket', p50(seen.socket), 'µs'),
    figure('p50 of a round trip between machines, over loopback', p50(seen.machine), 'µs'),
    figure('round trip between machines to that on a socket', p50(seen.machine) / p50(seen.socket), '×'),
    figure(`CPU of a call on a socket, ${AT_ONCE} at once, both sides`, cpu(seen.socket), 'µs'),
    figure(`CPU of a call between machines, ${AT_ONCE} at once, both sides`, cpu(seen.machine), 'µs'),
    figure('CPU between machines to that on a socket', cpu(seen.machine) / cpu(seen.socket), '×'),
  ];
}

function figure(name: string, value: number, unit: string): Figure {
  return { section: 'link', name, value, unit };
}

async function letIn(authority: Authority, home: string, role: Role): Promise<Credentials> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = await authority.issueMachine(publicKey.export({ type: 'spki', format: 'pem' }), { role, node: role }, new Date(), LIFE_MS);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return Credentials.keep(home, role, role, { key, certificate, authority: authority.certificate, control: '' });
}

async function run(link: Link, pid: number): Promise<Round> {
  const ask = async (): Promise<number> => {
    const before = performance.now();
    if ((await link.call('ledger.query', BODY)) !== BODY) throw new Error('the peer answered with something else');
    return (performance.now() - before) * 1_000;
  };
  const times: number[] = [];
  for (let call = 0; call < ONE_BY_ONE; call += 1) times.push(await ask());
  const before = process.cpuUsage();
  const theirs = costOf(pid).cpuUs;
  let left = MANY;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left > 0) {
      left -= 1;
      await ask();
    }
  }));
  const { user, system } = process.cpuUsage(before);
  return { p50Us: median(times), cpuUs: (user + system + costOf(pid).cpuUs - theirs) / MANY };
}
