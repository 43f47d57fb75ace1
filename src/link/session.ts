import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { writeFault } from './fault.ts';
import { FRAME, FrameReader, Outbox, parseBody } from './frame.ts';
import type { Caller, Handler, Refusal, SessionContext } from './handler.ts';
import { checkProof, makeNonce, proveSide, readHello, readProof } from './handshake.ts';
import type { Transcript } from './handshake.ts';
import { readPeerKey } from './keys.ts';
import { readRenewal, writeRenewal } from './machines/renewal.ts';
import type { Machine } from './machines/machine.ts';
import { Outlet } from './stream.ts';
import { findVerb } from './verbs.ts';
import type { Wire } from './wire.ts';

const FINISH_MS = 2_000;
/** How often a machine's sessions are checked. */
export const CHECK_MS = 1_000;

type Phase =
  | { readonly name: 'hello' }
  | { readonly name: 'proof'; readonly transcript: Transcript }
  | { readonly name: 'open'; readonly caller: Caller }
  | { readonly name: 'closed' };

/** The serving side of one connection: first the proof of who calls, then the calls. */
export class Session {
  readonly #wire: Wire;
  readonly #context: SessionContext;
  readonly #reader: FrameReader;
  readonly #outbox: Outbox;
  readonly #streams = new Map<number, Outlet>();
  readonly #deadline: Timer;
  #calls = 0;
  /** How often `check` has found that nothing came. */
  #quietChecks = 0;
  #idle: (() => void) | undefined;
  #finishing = false;
  #phase: Phase = { name: 'hello' };
  /** What its newest certificate says; on one machine there is none. */
  #peer: Machine | undefined;

  constructor(wire: Wire, context: SessionContext) {
    this.#wire = wire;
    this.#context = context;
    this.#peer = context.machine?.peer;
    this.#reader = new FrameReader(LIMITS.linkHandshakeBytesMax, (kind, id, text) => this.#onFrame(kind, id, text));
    this.#outbox = new Outbox((bytes, at, length) => wire.write(bytes, at, length), () => wire.terminate());
    this.#deadline = setTimeout(() => this.#refuse(new SallyportError('ERR_LINK_AUTH', 'the peer did not prove its role in time')), LIMITS.linkHandshakeMs);
  }

  receive(bytes: Buffer): void {
    this.#quietChecks = 0;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#refuse(error);
    }
  }

  drain(): void {
    this.#outbox.drain();
  }

  /** The socket is gone: nobody waits for answers any more. */
  lost(): void {
    clearTimeout(this.#deadline);
    this.#phase = { name: 'closed' };
    this.#outbox.close();
    for (const outlet of this.#streams.values()) outlet.abort();
    this.#idle?.();
  }

  /** Orderly end: streams are told, calls under way may answer, then the socket closes. */
  async finish(): Promise<void> {
    this.#finishing = true;
    for (const [id, outlet] of this.#streams) {
      this.#outbox.add(FRAME.fault, id, writeFault(new SallyportError('ERR_LINK_UNAVAILABLE', 'the role is stopping')));
      outlet.abort();
    }
    if (this.#phase.name === 'open' && this.#calls > 0) {
      await Promise.race([new Promise<void>((resolve) => (this.#idle = resolve)), Bun.sleep(FINISH_MS)]);
    }
    this.#outbox.drain();
    this.#wire.end();
  }

  /** Once a second, between machines: ends the connection when its peer's certificate has run out or was revoked, or when it went silent. */
  check(): void {
    const { machine } = this.#context;
    this.#quietChecks += 1;
    if (this.#quietChecks * CHECK_MS > LIMITS.linkSilentMs) this.#wire.terminate();
    if (machine === undefined || this.#peer === undefined || !machine.credentials.isOver(this.#peer)) return;
    this.#refuse(new SallyportError('ERR_LINK_AUTH', `the certificate of ${this.#peer.role} ${this.#peer.node} has expired or was revoked`));
    // Nothing more goes out, whether or not the peer hangs up.
    this.lost();
    this.#wire.terminate();
  }

  /** Shows the peer that this side's certificate was renewed, so that the connection outlives the old one. */
  renewed(): void {
    const { machine } = this.#context;
    if (machine !== undefined && this.#phase.name === 'open') this.#outbox.add(FRAME.hello, 0, writeRenewal(machine.credentials.certificate));
  }

  #onFrame(kind: number, id: number, text: string): void {
    const phase = this.#phase;
    if (phase.name === 'open') this.#dispatch(kind, id, text, phase.caller);
    else if (phase.name === 'hello' && kind === FRAME.hello) this.#challenge(text);
    else if (phase.name === 'proof' && kind === FRAME.hello) this.#admit(text, phase.transcript);
    else if (phase.name !== 'closed') throw new SallyportError('ERR_LINK_AUTH', 'the peer spoke before it proved its role');
  }

  #challenge(text: string): void {
    const hello = readHello(text);
    if (hello.peer !== this.#context.self) throw new SallyportError('ERR_LINK_AUTH', `the peer looks for role ${hello.peer}`);
    const transcript: Transcript = { caller: hello.role, server: this.#context.self, callerNonce: hello.nonce, serverNonce: makeNonce() };
    this.#phase = { name: 'proof', transcript };
    if (hello.role !== this.#context.expected) throw new SallyportError('ERR_LINK_AUTH', `this is the socket of role ${this.#context.expected}`);
    // TLS has proven both sides already.
    if (this.#peer !== undefined) return this.#open({ role: this.#peer.role, node: this.#peer.node });
    this.#outbox.add(FRAME.hello, 0, JSON.stringify({ nonce: transcript.serverNonce, proof: proveSide(this.#context.key, 'server', transcript) }));
  }

  #admit(text: string, transcript: Transcript): void {
    checkProof(readPeerKey(this.#context.home, transcript.caller), 'caller', transcript, readProof(text));
    this.#open({ role: transcript.caller });
  }

  #open(caller: Caller): void {
    clearTimeout(this.#deadline);
    this.#phase = { name: 'open', caller };
    this.#reader.bytesMax = LIMITS.linkFrameBytesMax;
    this.#outbox.add(FRAME.hello, 0, '{"welcome":true}');
  }

  #dispatch(kind: number, id: number, text: string, caller: Caller): void {
    if (kind === FRAME.cancel) this.#streams.get(id)?.abort();
    else if (kind === FRAME.credit) this.#streams.get(id)?.credit(readCredit(text));
    else if (kind === FRAME.call || kind === FRAME.open) this.#begin(kind, id, text, caller);
    else if (kind === FRAME.ping) this.#outbox.add(FRAME.ping, 0, '');
    else if (kind === FRAME.hello) this.#peer = this.#renew(text);
    else throw new SallyportError('ERR_LINK_FRAME', 'a frame of unknown kind');
  }

  #renew(text: string): Machine {
    const { machine } = this.#context;
    if (machine === undefined || this.#peer === undefined) throw new SallyportError('ERR_LINK_FRAME', 'a frame of unknown kind');
    return readRenewal(text, this.#peer, machine.credentials);
  }

  #begin(kind: number, id: number, text: string, caller: Caller): void {
    const cut = text.indexOf('\n');
    const verb = cut === -1 ? text : text.slice(0, cut);
    const body = cut === -1 ? '' : text.slice(cut + 1);
    try {
      const handler = this.#handlerOf(verb, kind, caller);
      if ('stream' in handler) this.#openStream(id, handler.stream, parseBody(body), caller);
      else this.#answer(id, 'text' in handler ? handler.text(body, caller) : handler.call(parseBody(body), caller));
    } catch (error) {
      this.#outbox.add(FRAME.fault, id, writeFault(error));
    }
  }

  /** Deny by default: the verb stands in the table, for this server, for this caller, in this shape. */
  #handlerOf(verb: string, kind: number, caller: Caller): Handler {
    const info = findVerb(verb);
    const isMember = info !== undefined && info.server === this.#context.self && info.callers.includes(caller.role);
    if (!isMember || (info.machines === true && caller.node === undefined) || (kind === FRAME.open) !== (info.shape === 'stream')) {
      this.#report({ code: 'ERR_LINK_FORBIDDEN', role: caller.role, verb: verb.slice(0, LIMITS.methodLengthMax) });
      throw new SallyportError('ERR_LINK_FORBIDDEN', `role ${caller.role} may not ask this of role ${this.#context.self}`, { dispatched: false });
    }
    const handler = this.#context.handlers[verb];
    if (handler === undefined || !(info.shape in handler)) throw new SallyportError('ERR_NOT_FOUND', `role ${this.#context.self} does not serve ${verb}`);
    if (this.#finishing || this.#calls + this.#streams.size >= LIMITS.linkCallsMax) {
      throw new SallyportError('ERR_LINK_UNAVAILABLE', `role ${this.#context.self} takes no more calls now`, { dispatched: false });
    }
    return handler;
  }

  #answer(id: number, result: Json | Promise<Json>): void {
    if (!(result instanceof Promise)) {
      this.#outbox.add(FRAME.answer, id, JSON.stringify(result));
      return;
    }
    this.#calls += 1;
    result.then(
      (value) => this.#settle(id, value),
      (error: unknown) => this.#settleFault(id, error),
    );
  }

  #settle(id: number, value: Json): void {
    try {
      this.#outbox.add(FRAME.answer, id, JSON.stringify(value));
      this.#release();
    } catch (error) {
      this.#settleFault(id, error);
    }
  }

  #settleFault(id: number, error: unknown): void {
    this.#outbox.add(FRAME.fault, id, writeFault(error));
    this.#release();
  }

  #release(): void {
    this.#calls -= 1;
    if (this.#calls === 0) this.#idle?.();
  }

  #openStream(id: number, handler: (body: Json, caller: Caller, signal: AbortSignal) => AsyncIterable<Json>, body: Json, caller: Caller): void {
    if (this.#streams.has(id)) throw new SallyportError('ERR_LINK_FRAME', 'the stream id is taken');
    const outlet = new Outlet();
    const source = handler(body, caller, outlet.signal);
    this.#streams.set(id, outlet);
    outlet
      .pump(source, (text) => this.#outbox.add(FRAME.item, id, text))
      .then(
        () => this.#outbox.add(FRAME.end, id, ''),
        (error: unknown) => this.#outbox.add(FRAME.fault, id, writeFault(error)),
      )
      .finally(() => this.#streams.delete(id));
  }

  /** The caller learns why it was turned away; the role hears of it; the connection ends. */
  #refuse(error: unknown): void {
    const fault = error instanceof SallyportError ? error : new SallyportError('ERR_LINK_FRAME', 'the connection could not be understood');
    const phase = this.#phase;
    if (phase.name === 'closed') return;
    const role = phase.name === 'open' ? phase.caller.role : phase.name === 'proof' ? phase.transcript.caller : undefined;
    this.#phase = { name: 'closed' };
    this.#report(role === undefined ? { code: fault.code } : { code: fault.code, role });
    this.#outbox.add(FRAME.fault, 0, writeFault(fault));
    this.#outbox.drain();
    this.#wire.end();
  }

  #report(refusal: Refusal): void {
    const { machine, onRefused } = this.#context;
    onRefused?.(machine === undefined ? refusal : { ...refusal, role: machine.peer.role, node: machine.peer.node, address: machine.address });
  }
}

function readCredit(text: string): number {
  const chars = Number(text);
  if (!Number.isSafeInteger(chars) || chars < 0) throw new SallyportError('ERR_LINK_FRAME', 'a credit that is not a count');
  return chars;
}
