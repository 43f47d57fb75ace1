import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { readHost } from '../domain/allowed-host.ts';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { carry, type Carried, type CarryParts } from './carry.ts';
import { readAsked, readPreface, writeSession } from './jailed/preface.ts';
import { readFirstLine, readLines } from './lines.ts';
import { createSession, type Admission, type Session } from './sessions.ts';

export interface PlaceParts extends CarryParts {
  readonly prefaceMs: number;
  readonly ticketMs: number;
  /** Asked before a connection is taken. Throws `ERR_EGRESS_LIMIT`. */
  readonly room: () => void;
  /** Told when the process can open nothing more. */
  readonly onOver: () => void;
}

/** The socket of one process: what comes in here is of its server and of no other. */
export class Place {
  readonly session: Session;
  readonly carried = new Set<Carried>();
  readonly #parts: PlaceParts;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  readonly #late: Timer;
  #unknown = 0;

  constructor(parts: PlaceParts, admission: Admission) {
    this.#parts = parts;
    this.session = createSession(admission);
    this.#listener = createServer({ allowHalfOpen: true }, (socket) => this.#arrive(socket));
    this.#late = setTimeout(parts.onOver, parts.ticketMs);
  }

  /** Resolves when it can be connected to. The folder may be one that a jail holds already: it is used as it is. */
  async listen(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 's');
    rmSync(path, { force: true });
    const listening = Promise.withResolvers<void>();
    this.#listener.once('error', listening.reject).listen(path, listening.resolve);
    await listening.promise;
    chmodSync(path, 0o600);
  }

  /** Ends everything of it; resolves when that is on record. */
  async end(): Promise<void> {
    const carried = [...this.carried];
    this.session.end();
    clearTimeout(this.#late);
    this.#listener.close();
    for (const one of carried) one.end(new SallyportError('ERR_EGRESS_TICKET', 'The process ended.'));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(carried.map(({ ended }) => ended));
  }

  #arrive(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.#unknown >= LIMITS.egressPrefacesMax) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#unknown += 1;
    const late = setTimeout(() => socket.destroy(), this.#parts.prefaceMs);
    readFirstLine(socket, (line, rest) => {
      clearTimeout(late);
      this.#unknown -= 1;
      const preface = line === undefined ? undefined : readPreface(line);
      if (preface === undefined) socket.destroy();
      else if (preface.kind === 'ticket') this.#open(socket, preface.ticket, rest);
      else this.#connect(socket, preface, rest);
    });
  }

  #open(socket: Socket, ticket: string, rest: Uint8Array): void {
    const secret = this.#unlessRefused(socket, '', undefined, () => this.session.open(ticket));
    if (secret === undefined) return;
    clearTimeout(this.#late);
    socket.once('close', this.#parts.onOver);
    socket.write(writeSession(secret));
    readLines(socket, rest, (line) => {
      // Beyond its rate the whole session ends: who asks without end for what there is not has no other use for it.
      const name = this.#unlessRefused(socket, '', undefined, () => {
        this.session.take(this.#parts.now());
        return readAsked(line);
      });
      if (name === undefined) socket.destroy();
      else this.#refuse(name, undefined, new SallyportError('ERR_EGRESS_FORBIDDEN', 'The server asked for a name that it may not connect to.'));
    });
  }

  #connect(socket: Socket, { session, host, port }: { readonly session: string; readonly host: string; readonly port: number }, rest: Uint8Array): void {
    const contact = this.#unlessRefused(socket, host, port, () => {
      if (!this.session.holds(session)) throw new SallyportError('ERR_EGRESS_TICKET', 'It is not of an open session.');
      if (this.carried.size >= LIMITS.egressConnectionsPerServerMax) throw new SallyportError('ERR_EGRESS_LIMIT', 'The server has too many connections.');
      this.#parts.room();
      this.session.take(this.#parts.now());
      // One name in one form: it is what is looked up, compared with what the connection says, and put on record.
      return { id: Bun.randomUUIDv7(), space: this.session.space, server: this.session.server, host: readHost(host) ?? host, port };
    });
    if (contact === undefined) return;
    const one = carry(this.#parts, contact, socket, rest);
    this.carried.add(one);
    void one.ended.finally(() => this.carried.delete(one));
  }

  #unlessRefused<T>(socket: Socket, host: string, port: number | undefined, act: () => T): T | undefined {
    try {
      return act();
    } catch (fault) {
      socket.destroy();
      if (!(fault instanceof SallyportError)) throw fault;
      this.#refuse(host, port, fault);
      return undefined;
    }
  }

  #refuse(host: string, port: number | undefined, fault: SallyportError): void {
    const { space, server } = this.session;
    void this.#parts.trail.refused({ id: Bun.randomUUIDv7(), space, server, host, ...(port === undefined ? {} : { port }) }, fault);
  }
}
