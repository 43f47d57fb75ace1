import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DETECTORS } from '../../src/detect/table.ts';
import { GROUP, SERVER, policyText } from '../policies.ts';
import type { Part } from '../processes.ts';
import { benchFolder, freePort, startProcess, waitFor } from './target.ts';
import type { Bench, Running, Target } from './target.ts';

/** 200 policies, of which five name the tool that is called (bench/policies.ts). */
const POLICIES = 200;
const program = join(benchFolder, '../bin/sallyport');

/** What every caller of the group may do besides calling tools: open, list, end. */
const SESSION_POLICY = `@id("session") permit (principal in Group::"${GROUP}", action in Action::"session", resource);`;

export interface Prepared {
  readonly home: string;
  readonly port: number;
  readonly tls: boolean;
  readonly token: string;
}

interface Setting {
  readonly tls: boolean;
  readonly upstream: string;
  /** Cedar text; the session policy is added. */
  readonly policies: string;
  /** Without detectors: for what they cost, and for nothing else. */
  readonly blind?: boolean;
}

function manifest(port: number, { tls, upstream, blind }: Setting): string {
  return `apiVersion: sallyport/v1
gateway: { listen: "127.0.0.1:${port}", publicUrl: "${tls ? 'https' : 'http'}://localhost:${port}" }
servers:
  ${SERVER}:
    url: ${upstream}
    allowPrivate: true
    owner: bench@example.com
    labels: { confidentiality: internal, integrity: trusted }
    tools: { search_contacts: { effect: read } }
policies: [./policies/*.cedar]
${blind === true ? `detect: { detectors: { ${DETECTORS.map(({ id }) => `${id}: off`).join(', ')} } }` : ''}
`;
}

function run(home: string, args: readonly string[]): string {
  const done = Bun.spawnSync([program, ...args, '--home', home], { stdout: 'pipe', stderr: 'pipe', stdin: 'ignore' });
  if (done.exitCode !== 0) throw new Error(`sallyport ${args.slice(0, 2).join(' ')}: ${done.stderr.toString().trim() || done.stdout.toString().trim()}`);
  return done.stdout.toString();
}

/** A new home: manifest, policies, an approved baseline and an agent token, all made through the command line. */
export async function prepare(folder: string, setting: Setting): Promise<Prepared> {
  const home = join(folder, 'home');
  mkdirSync(join(folder, 'policies'), { recursive: true });
  mkdirSync(home, { mode: 0o700 });
  const port = freePort();
  writeFileSync(join(folder, 'sallyport.yaml'), manifest(port, setting));
  writeFileSync(join(folder, 'policies/bench.cedar'), `${setting.policies}\n${SESSION_POLICY}\n`);
  const started = await up({ home, port, tls: setting.tls }, ['-f', join(folder, 'sallyport.yaml')]);
  try {
    run(home, ['server', 'scan', SERVER]);
    run(home, ['server', 'approve', SERVER, '--yes']);
    const created = run(home, ['token', 'create', 'bench', '--for', `/mcp/${SERVER}`, '--person', 'alice', '--group', GROUP, '--json']);
    const { token }: { token: string } = JSON.parse(created);
    return { home, port, tls: setting.tls, token };
  } finally {
    await started.stop();
  }
}

async function up({ home, port, tls }: Omit<Prepared, 'token'>, more: readonly string[] = []): Promise<ReturnType<typeof startProcess>> {
  // Two gates may run at once: control's door has no port of its own choice either.
  const listening = ['--listen', `127.0.0.1:${port}`, '--control-listen', '127.0.0.1:0', ...(tls ? [] : ['--insecure-loopback'])];
  const child = startProcess([program, 'up', ...more, '--home', home, ...listening]);
  await waitFor('sallyport up', () => isReady(home, port, tls), child);
  return child;
}

async function isReady(home: string, port: number, tls: boolean): Promise<boolean> {
  const ca = tls ? rootOf(home) : undefined;
  if (tls && ca === undefined) return false;
  try {
    const response = await fetch(`${tls ? 'https' : 'http'}://localhost:${port}/readyz`, ca === undefined ? {} : { tls: { ca } });
    return response.ok;
  } catch {
    return false;
  }
}

/** The local CA's certificate, as `sallyport trust` hands it out. */
function rootOf(home: string): string | undefined {
  const folder = join(home, 'ca');
  if (!existsSync(folder)) return undefined;
  const file = readdirSync(folder).find((name) => /^(ca|root).*\.(pem|crt)$/.test(name) && !name.includes('key'));
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8');
}

/** The roles that `up` started, by what their command lines say. */
function rolesOf(supervisor: number): Part[] {
  const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8').trim().split(/\s+/);
  return children.flatMap((pid) => {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const name = words[words.indexOf('role') + 1];
    return words.includes('role') && name !== undefined ? [{ name, pid: Number(pid) }] : [];
  });
}

/** Starts a prepared home. The gateway and the ledger are what a call costs; control and runner do nothing for it. */
export async function start(prepared: Prepared): Promise<Running> {
  const child = await up(prepared);
  const { home, port, tls, token } = prepared;
  const ca = tls ? rootOf(home) : undefined;
  const parts = rolesOf(child.pid).filter(({ name }) => name === 'gateway' || name === 'ledger').toSorted((a, b) => a.name.localeCompare(b.name));
  if (parts.length !== 2) throw new Error(`found ${parts.map(({ name }) => name).join() || 'no role'} under up, not gateway and ledger`);
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/mcp/${SERVER}`,
    headers: { authorization: `Bearer ${token}` },
    ...(ca === undefined ? {} : { ca }),
    parts,
    stop: child.stop,
  };
}

function sallyportTarget(name: string, label: string, transport: Target['transport'], blind = false): Target {
  return {
    name,
    label,
    transport,
    async start(bench: Bench) {
      const setting = { tls: transport === 'tls', upstream: bench.upstream, policies: policyText(POLICIES), blind };
      const folder = join(bench.folder, name);
      return start(await prepare(folder, setting));
    },
  };
}

export const sallyport = sallyportTarget('sallyport', 'Sallyport, all controls on', 'plaintext');
export const sallyportTls = sallyportTarget('sallyport-tls', 'Sallyport, all controls on, TLS 1.3', 'tls');
export const sallyportBlind = sallyportTarget('sallyport-blind', 'Sallyport without detectors', 'plaintext', true);
