import { createSocket } from 'node:dgram';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { NO_SUCH_NAME, readQuestion, TYPE_A, TYPE_AAAA, writeAnswer } from './dns.ts';
import { assignNames, type Assigned, type Reachable } from './names.ts';
import { readSession, writeAsked, writeConnect, writeTicket } from './preface.ts';
import { pump } from './pump.ts';

/*
 * The program beside a local server, in its jail: it answers names and takes connections on loopback, and hands each to egress over
 * the one socket that the jail holds. It decides nothing that counts: whoever owns this process can ask egress for no more.
 *
 * forward.ts <settings.json>; says `ready` on stdout, and closes it.
 */

interface Settings {
  readonly socket: string;
  readonly ticket: string;
  readonly reachable: readonly Reachable[];
}

const DNS_PORT = 53;
const LOOPBACK = '127.0.0.1';
const READY_MS = 2_000;
const RETRY_MS = 100;
const RETRY_MS_MAX = 2_000;
const ASKED_AGAIN_MS = 1_000;
const ASKED_MAX = 256;

const settings: Settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const names = assignNames(settings.reachable);
let session: string | undefined;
let control: Socket | undefined;

/** Presents the ticket; what ends the connection ends the session, and only an egress that was started anew takes the ticket again. */
function greet(waitMs: number, onReady: () => void): void {
  const socket = connect(settings.socket);
  let said = '';
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('connect', () => void socket.write(writeTicket(settings.ticket)));
  socket.on('data', (text: string) => {
    said += text;
    session = readSession(said.split('\n', 1)[0] ?? '');
    control = socket;
    if (session !== undefined) onReady();
  });
  socket.on('close', () => {
    session = undefined;
    control = undefined;
    setTimeout(() => greet(said === '' ? Math.min(waitMs * 2, RETRY_MS_MAX) : RETRY_MS, onReady), waitMs);
  });
}

function take(local: Socket, host: string, port: number): void {
  local.on('error', () => undefined);
  if (session === undefined) {
    local.resetAndDestroy();
    return;
  }
  const way = connect({ path: settings.socket, allowHalfOpen: true });
  way.on('error', () => undefined);
  way.write(writeConnect(session, host, port));
  pump(local, way, () => undefined);
  pump(way, local, () => undefined);
  way.once('close', () => local.destroySoon());
  local.once('close', () => void way.destroy());
}

async function listen({ name, address, ports }: Assigned): Promise<void> {
  await Promise.all(ports.map((port) => new Promise<void>((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (local) => take(local, name, port));
    // A port that can't be had is one that nobody can connect to.
    server.once('error', () => resolve());
    server.listen(port, address, () => resolve());
  })));
}

const asked = new Map<string, number>();

/** Each name now and then: two questions for one name are one, and a loop is no flood. */
function tell(name: string): void {
  const now = Date.now();
  if (now - (asked.get(name) ?? 0) < ASKED_AGAIN_MS) return;
  if (asked.size >= ASKED_MAX) asked.clear();
  asked.set(name, now);
  control?.write(writeAsked(name));
}

async function answer(query: Uint8Array): Promise<Uint8Array | undefined> {
  const question = readQuestion(query);
  if (question === undefined) return undefined;
  const assigned = names.addressOf(question.name);
  if (assigned === undefined) {
    if (question.type === TYPE_A || question.type === TYPE_AAAA) tell(question.name);
    return writeAnswer(query, { code: NO_SUCH_NAME });
  }
  if (assigned.isNew) await listen(assigned);
  return writeAnswer(query, question.type === TYPE_A ? { address: assigned.address } : {});
}

async function answerNames(): Promise<void> {
  const socket = createSocket('udp4');
  // A jail in which names can't be answered is one that was made wrong: its server is not started.
  socket.on('error', (fault) => {
    writeSync(2, `egress: ${fault.message}\n`);
    process.exit(1);
  });
  socket.on('message', (query, { port, address }) => {
    void answer(query).then((reply) => reply === undefined ? undefined : socket.send(reply, port, address));
  });
  await new Promise<void>((resolve) => socket.bind(DNS_PORT, LOOPBACK, resolve));
}

const exact = settings.reachable.filter(({ anyBelow }) => !anyBelow).flatMap(({ host }) => names.addressOf(host) ?? []);
await Promise.all([
  answerNames(), ...exact.filter(({ isNew }) => isNew).map(listen),
  new Promise<void>((resolve) => {
    greet(RETRY_MS, resolve);
    // Without egress the server runs all the same; it reaches nothing until there is one.
    setTimeout(resolve, READY_MS);
  }),
]);
writeSync(1, 'ready\n');
closeSync(1);
