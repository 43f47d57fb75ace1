import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlClient, type Client } from '../src/cli/client.ts';
import type { Io } from '../src/cli/command.ts';
import { part } from '../src/cli/json-view.ts';
import { startAll } from '../src/cli/up.ts';
import { SallyportError } from '../src/domain/errors.ts';
import type { Json } from '../src/domain/json.ts';
import type { Supervisor } from '../src/roles/up.ts';
import { startCrm, type Crm } from './crm.ts';
import { DEMO_POLICY, demoManifest } from './manifest.ts';
import { startOthers, type Others } from './others.ts';

export interface StageOptions {
  readonly home: string;
  readonly io: Io;
  /** Any ports that are free, instead of the usual ones. */
  readonly anyPort: boolean;
  /** Cedar text instead of the demo's own. */
  readonly policy?: string;
}

/** A running gate before running servers, all of them approved; nobody has called anything yet. */
export interface Stage {
  readonly home: string;
  readonly io: Io;
  /** Where the gate listens, and control. */
  readonly gate: string;
  readonly control: string;
  /** Its own control, whichever one the terminal is set to administer. */
  readonly client: Client;
  readonly crm: Crm;
  readonly others: Others;
  /** What was read of each server, and what of it was approved. */
  readonly enrolled: readonly { readonly id: string; readonly scanned: Json; readonly approved: Json }[];
  /** The folder that the file server is given. */
  readonly files: string;
  stop(): Promise<void>;
}

const SERVERS = ['crm', 'files', 'memory', 'everything', 'web', 'mail', 'translate'];
const GATE_PORT = 7443;

/** Where the demo's servers have what they are given. */
export function demoFolder(home: string): string {
  return `${home}-shared`;
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const { home, io } = options;
  // Beside the home: no server is ever shown anything of Sallyport's own.
  const shared = demoFolder(home);
  const files = join(shared, 'files');
  for (const one of [home, files, join(shared, 'memory')]) mkdirSync(one, { recursive: true });
  writeFileSync(join(files, 'notes.txt'), 'Call Ada about the renewal.\n');
  const [crm, others] = [startCrm(), startOthers()];
  let supervisor: Supervisor | undefined;
  const stop = async (): Promise<void> => {
    await supervisor?.stop();
    await Promise.all([crm.stop(), others.stop()]);
  };
  try {
    const addresses = { crm: crm.url, web: others.web.url, mail: others.mail.url, translate: others.translate.url };
    writeFileSync(join(home, 'sallyport.yaml'), demoManifest(addresses, shared));
    writeFileSync(join(home, 'demo.cedar'), options.policy ?? DEMO_POLICY);
    io.note('Starting the gate: ledger, control, runner, egress, gateway …');
    supervisor = options.anyPort ? await start(home, 0, io) : await startOnUsualPort(home, io);
    const client = controlClient({ home, space: undefined, control: undefined }, { ...io, env: {} });
    const [gate, control] = [String(supervisor.detail('gateway')['url']), String(supervisor.detail('control')['url'])];
    const enrolled = [];
    for (const id of SERVERS) {
      const scanned = await client.send('POST', `/servers/${id}/scan`, {});
      const approved = await client.send('POST', `/servers/${id}/approve`, { digest: part(scanned, 'candidate', 'digest') ?? '' });
      enrolled.push({ id, scanned, approved });
    }
    return { home, io, gate, control, client, crm, others, enrolled, files, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

function start(home: string, port: number, io: Io): Promise<Supervisor> {
  return startAll(io, {
    // It writes its own file anew at each run, with other ports.
    home, manifest: join(home, 'sallyport.yaml'), watch: true, insecureLoopback: false, strict: false, listen: `127.0.0.1:${port}`,
    onWarning: (line) => io.note(line),
    onEvent: ({ role, event, code }) => {
      if (event === 'exited') io.note(`${role} ended with ${String(code)}`);
    },
  });
}

/** Another demo, or the gate itself, may have the port already. */
async function startOnUsualPort(home: string, io: Io): Promise<Supervisor> {
  try {
    return await start(home, GATE_PORT, io);
  } catch (fault) {
    if (!(fault instanceof SallyportError) || fault.code !== 'ERR_LISTEN') throw fault;
    io.note(`Port ${GATE_PORT}, or control's, is taken; another one will do.`);
    return start(home, 0, io);
  }
}
