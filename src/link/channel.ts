import type { X509Certificate } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Role } from '../domain/role.ts';
import { readFault } from './fault.ts';
import { FRAME, FrameReader, Outbox, parseBody } from './frame.ts';
import { LINK_VERSION, checkProof, makeNonce, proveSide, readChallenge } from './handshake.ts';
import type { Transcript } from './handshake.ts';
import { ensureRoleKey, readPeerKey } from './keys.ts';
import type { MachineAddress } from './machines/address.ts';
import type { Credentials } from './machines/credentials.ts';
import type { Machine } from './machines/machine.ts';
import { readRenewal, writeRenewal } from './machines/renewal.ts';
import { Inlet } from './stream.ts';
import { dialMachine, dialSocket, type Wire, type WireEvents } from './wire.ts';

const SWEEP_MS = 1_000;
const ID_MAX = 0xffff_ffff;

export interface ChannelOptions {
  readonly home: string;
  readonly self: Role;
  readonly peer: Role;
  readonly way: Way;
  /** Called once, when a channel that had been opened is lost. */
  readonly onLost: (channel: Channel) => void;
}

/** The socket of this pair on this machine, or a listener on another one. */
export type Way =
  | { readonly path: string }
  /** `node`: only that one of the role will do. */
  | { readonly address: MachineAddress; readonly credentials: Credentials; readonly node?: string };

interface Waiting {
  readonly resolve: (value: Json) => void;
  readonly reject: (error: SallyportError) => void;
  /** Counted in sweeps, so that a call costs no timer of its own. */
  readonly deadlineSweep: number;
}

/** The calling side of one connection. */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #nonce = makeNonce();
  readonly #reader: FrameReader;
  readonly #calls = new Map<number, Waiting>();
  readonly #streams = new Map<number, Inlet>();
  readonly #opened = Promise.withResolvers<Channel>();
  #outbox: Outbox | undefined;
  #wire: Wire | undefined;
  /** Who the other machine's certificate says is there. */
  #machine: Machine | undefined;
  #unfollow: (() => void) | undefined;
  #timer: Timer;
  #sweeps = 0;
  /** The sweep in which something last came. */
  #heard = 0;
  #id = 0;
  #phase: 'challenge' | 'welcome' | 'open' | 'closed' = 'challenge';

  /** Connects and lets both sides prove their role. Throws `ERR_LINK_AUTH`, or what the socket throws. */
  static async open(options: ChannelOptions): Promise<Channel> {
    const channel = new Channel(options);
    try {
      // Whoever answers nothing at all is given up too.
      await Promise.race([channel.#dial(), channel.#opened.promise]);
      return await channel.#opened.promise;
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  private constructor(options: ChannelOptions) {
    this.#options = options;
    this.#reader = new FrameReader(LIMITS.linkHandshakeBytesMax, (kind, id, text) => this.#onFrame(kind, id, text));
    const late = new SallyportError('ERR_LINK_AUTH', `role ${options.peer} did not prove itself in time`);
    this.#timer = setTimeout(() => this.#fail(late), LIMITS.linkHandshakeMs);
    // Rejected before anyone awaits it when the socket cannot be opened at all; that error is the one reported.
    this.#opened.promise.catch(() => undefined);
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Throws `ERR_LINK_UNAVAILABLE`, or what the peer answers. */
  call(verb: string, text: string, timeoutMs: number): Promise<Json> {
    return new Promise((resolve, reject) => {
      if (this.#calls.size >= LIMITS.linkCallsMax) throw new SallyportError('ERR_LINK_UNAVAILABLE', 'too many calls wait for an answer', { dispatched: false });
      const id = this.#nextId();
      this.#send(FRAME.call, id, `${verb}\n${text}`);
      this.#calls.set(id, { resolve, reject, deadlineSweep: this.#sweeps + 1 + Math.ceil(timeoutMs / SWEEP_MS) });
    });
  }

  async *stream(verb: string, text: string, signal: AbortSignal): AsyncGenerator<Json, void> {
    const id = this.#nextId();
    const inlet = new Inlet((chars) => this.#send(FRAME.credit, id, String(chars)));
    this.#send(FRAME.open, id, `${verb}\n${text}`);
    this.#streams.set(id, inlet);
    try {
      yield* inlet.items(signal);
    } finally {
      this.#streams.delete(id);
      if (!inlet.ended && this.#phase === 'open') this.#send(FRAME.cancel, id, '');
    }
  }

  close(): void {
    this.#outbox?.drain();
    this.#wire?.end();
    this.#lost(new SallyportError('ERR_LINK_UNAVAILABLE', 'this link was closed'));
  }

  async #dial(): Promise<void> {
    const { way, peer } = this.#options;
    const events: WireEvents = {
      open: (wire, certificate) => this.#begin(wire, certificate),
      data: (bytes) => this.#receive(bytes),
      drain: () => this.#outbox?.drain(),
      close: () => this.#lost(new SallyportError('ERR_LINK_UNAVAILABLE', `role ${peer} went away`)),
      failed: (error) => this.#fail(error),
    };
    if ('path' in way) return dialSocket(way.path, events);
    const { credentials } = way;
    this.#unfollow = credentials.onChange(() => this.#onCredentials());
    await dialMachine(way.address, { ca: credentials.authorityPem, cert: credentials.certificate, key: credentials.key }, events);
  }

  #begin(wire: Wire, certificate: X509Certificate | undefined): void {
    const { self, peer, way } = this.#options;
    if (this.#phase === 'closed') return wire.terminate();
    if (!('path' in way)) this.#machine = checkMachine(certificate, peer, way);
    this.#wire = wire;
    this.#outbox = new Outbox((bytes, at, length) => wire.write(bytes, at, length), () => wire.terminate());
    this.#outbox.add(FRAME.hello, 0, JSON.stringify({ version: LINK_VERSION, role: self, peer, nonce: this.#nonce }));
  }

  #receive(bytes: Buffer): void {
    this.#heard = this.#sweeps;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#fail(error instanceof SallyportError ? error : new SallyportError('ERR_LINK_FRAME', `role ${this.#options.peer} could not be understood`));
    }
  }

  #onFrame(kind: number, id: number, text: string): void {
    if (this.#phase === 'open') this.#deliver(kind, id, text);
    else if (kind === FRAME.fault) throw readFault(text);
    else if (kind !== FRAME.hello) throw new SallyportError('ERR_LINK_AUTH', 'the peer spoke before it proved its role');
    // TLS has proven both sides already.
    else if (this.#machine !== undefined) this.#welcome();
    else if (this.#phase === 'challenge') this.#prove(text);
    else if (this.#phase === 'welcome') this.#welcome();
  }

  /** The server proves itself first: our proof goes to nobody else. */
  #prove(text: string): void {
    const { home, self, peer } = this.#options;
    const { nonce, proof } = readChallenge(text);
    const transcript: Transcript = { caller: self, server: peer, callerNonce: this.#nonce, serverNonce: nonce };
    checkProof(readPeerKey(home, peer), 'server', transcript, proof);
    this.#phase = 'welcome';
    this.#send(FRAME.hello, 0, JSON.stringify({ proof: proveSide(ensureRoleKey(home, self), 'caller', transcript) }));
  }

  #welcome(): void {
    clearTimeout(this.#timer);
    this.#phase = 'open';
    this.#reader.bytesMax = LIMITS.linkFrameBytesMax;
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#timer.unref();
    this.#opened.resolve(this);
  }

  #deliver(kind: number, id: number, text: string): void {
    if (kind === FRAME.answer) this.#take(id)?.resolve(parseBody(text));
    else if (kind === FRAME.item) this.#streams.get(id)?.push(text);
    else if (kind === FRAME.end) this.#streams.get(id)?.end();
    else if (kind === FRAME.fault && id !== 0) {
      this.#take(id)?.reject(readFault(text));
      this.#streams.get(id)?.end(readFault(text));
    } else if (kind === FRAME.ping) return;
    else if (kind === FRAME.hello && this.#machine !== undefined && !('path' in this.#options.way)) {
      this.#machine = readRenewal(text, this.#machine, this.#options.way.credentials);
    } else throw kind === FRAME.fault ? readFault(text) : new SallyportError('ERR_LINK_FRAME', 'a frame of unknown kind');
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#calls.get(id);
    if (waiting !== undefined) this.#calls.delete(id);
    return waiting;
  }

  #send(kind: (typeof FRAME)[keyof typeof FRAME], id: number, text: string): void {
    if (this.#outbox === undefined || this.#phase === 'closed') throw new SallyportError('ERR_LINK_UNAVAILABLE', 'the link is down', { dispatched: false });
    this.#outbox.add(kind, id, text);
  }

  #nextId(): number {
    do {
      this.#id = this.#id === ID_MAX ? 1 : this.#id + 1;
    } while (this.#calls.has(this.#id) || this.#streams.has(this.#id));
    return this.#id;
  }

  /** Shows the renewed certificate to the peer; ends what a revocation ended. */
  #onCredentials(): void {
    const { way } = this.#options;
    if ('path' in way || this.#phase !== 'open') return;
    this.#send(FRAME.hello, 0, writeRenewal(way.credentials.certificate));
    this.#checkMachine();
  }

  #checkMachine(): void {
    const { way, peer } = this.#options;
    if ('path' in way || this.#machine === undefined || !way.credentials.isOver(this.#machine)) return;
    this.#fail(new SallyportError('ERR_LINK_AUTH', `the certificate of ${peer} ${this.#machine.node} has expired or was revoked`));
  }

  #sweep(): void {
    this.#sweeps += 1;
    this.#checkMachine();
    if (this.#machine !== undefined) this.#checkSilence();
    for (const [id, waiting] of this.#calls) {
      if (waiting.deadlineSweep > this.#sweeps) continue;
      this.#calls.delete(id);
      waiting.reject(new SallyportError('ERR_LINK_UNAVAILABLE', `role ${this.#options.peer} did not answer in time`));
    }
  }

  #checkSilence(): void {
    if (this.#phase !== 'open') return;
    const silentMs = (this.#sweeps - this.#heard) * SWEEP_MS;
    if (silentMs > LIMITS.linkSilentMs) this.#fail(new SallyportError('ERR_LINK_UNAVAILABLE', `role ${this.#options.peer} gives no sign of life`));
    // However much comes in: the peer, too, must hear that this side is there.
    else if ((this.#sweeps * SWEEP_MS) % LIMITS.linkPingMs === 0) this.#send(FRAME.ping, 0, '');
  }

  #fail(error: SallyportError): void {
    this.#lost(error);
    this.#wire?.terminate();
  }

  #lost(error: SallyportError): void {
    if (this.#phase === 'closed') return;
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    clearInterval(this.#timer);
    this.#unfollow?.();
    this.#outbox?.close();
    this.#opened.reject(error);
    for (const waiting of this.#calls.values()) waiting.reject(error);
    this.#calls.clear();
    for (const inlet of this.#streams.values()) inlet.end(error);
    this.#streams.clear();
    if (wasOpen) this.#options.onLost(this);
  }
}

/** Throws `ERR_LINK_AUTH` unless it is the role, and where one is named the node, that was looked for. */
function checkMachine(certificate: X509Certificate | undefined, peer: Role, way: Exclude<Way, { readonly path: string }>): Machine {
  const machine = certificate === undefined ? undefined : way.credentials.readPeer(certificate);
  if (machine?.role === peer && (way.node === undefined || way.node === machine.node)) return machine;
  throw new SallyportError('ERR_LINK_AUTH', `not ${peer} ${way.node ?? ''} but another role answers at ${way.address.hostname}:${way.address.port}`);
}
