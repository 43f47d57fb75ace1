import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isObject, type Json } from '../../domain/json.ts';
import { startControl } from '../control.ts';
import { startEgress } from '../egress.ts';
import { startGateway } from '../gateway.ts';
import { runLedger } from '../ledger.ts';
import { startRunner } from '../runner.ts';
import { sayFault } from '../supervised.ts';
import { openPassage } from './passage.ts';
import { gateSocket, manifestFile, toySocket } from './places.ts';

const LOOPBACK = '127.0.0.1';

/**
 * A whole gate in this one process: the five roles as `up` starts them, with their real sockets, keys and files. It ends, and
 * erases its home, when its driver is gone: the end of stdin says so. On stdin a line `{"open":"<name>"}` asks for a port
 * that leads to the toy server of that name; on stdout the answer.
 */
export async function serveRange(home: string, listen: string, signal: AbortSignal): Promise<never> {
  const over = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => over.resolve(), { once: true });
  const lines = createInterface({ input: process.stdin }).on('close', () => over.resolve());
  const told: string[] = [];
  lines.on('line', (line) => void told.push(line));
  try {
    const port = await Promise.race([startRoles(home, listen), over.promise]);
    if (port !== undefined) {
      lines.removeAllListeners('line').on('line', (line) => void openToy(home, line));
      for (const line of told) void openToy(home, line);
      say({ port });
      await over.promise;
    }
  } catch (fault) {
    sayFault(fault);
  }
  erase(home);
  process.exit(0);
}

/** The log of a rehearsal is evidence of nothing once it is over. In a jail the folder itself is a mount, and stays for who made it. */
function erase(home: string): void {
  try {
    for (const name of readdirSync(home)) rmSync(join(home, name), { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // Whoever opened the range erases it, too; what matters here is that nothing of it goes on.
  }
}

async function startRoles(home: string, listen: string): Promise<number> {
  await runLedger({ home, strict: false });
  await startControl({ home, manifest: manifestFile(home), insecureLoopback: true });
  await Promise.all([startRunner({ home }), startEgress({ home })]);
  const { port } = await startGateway({ home, node: 'gateway', listen, insecureLoopback: true });
  await openPassage({ path: gateSocket(home) }, { host: LOOPBACK, port });
  return port;
}

async function openToy(home: string, line: string): Promise<void> {
  const asked: Json = JSON.parse(line);
  const name = isObject(asked) ? asked['open'] : undefined;
  if (typeof name !== 'string') return;
  const { port } = await openPassage({ host: LOOPBACK, port: 0 }, { path: toySocket(home, name) });
  say({ opened: name, port });
}

function say(what: Json): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
