import type { Socket } from 'node:net';
import { SallyportError } from '../domain/errors.ts';
import type { AllowedHost } from '../domain/allowed-host.ts';
import type { ServerName } from './permission.ts';
import { gone, pump } from './jailed/pump.ts';
import { reach } from './reach.ts';
import { readOpening, type Opened } from './reading.ts';
import type { Resolver } from './resolve.ts';
import type { Contact, EgressTrail } from './trail.ts';

export interface CarryParts {
  /** The entry that permits it now; throws where nothing does. */
  readonly permit: (server: ServerName, host: string, port: number) => AllowedHost;
  readonly resolver: Resolver;
  readonly trail: EgressTrail;
  readonly now: () => number;
  readonly idleMs: number;
  readonly openingMs: number;
}

/** A connection of a local server, from the moment it was asked for. */
export interface Carried {
  readonly contact: Contact;
  /** Ends it for `fault`. */
  end(fault: SallyportError): void;
  /** Resolves when it has ended and that is on record. */
  readonly ended: Promise<void>;
}

/**
 * Connects a local server to a host, or refuses: permitted by what control signed, resolved and checked, opened in the name of that
 * host, on record, and only then connected to. `first`: what came after the preface.
 */
export function carry(parts: CarryParts, contact: Contact, client: Socket, first: Uint8Array): Carried {
  const ending = new AbortController();
  return { contact, end: (fault) => ending.abort(fault), ended: new Carrying(parts, contact, client, ending.signal).run(first) };
}

class Carrying {
  readonly #parts: CarryParts;
  readonly #contact: Contact;
  readonly #client: Socket;
  readonly #signal: AbortSignal;
  readonly #counted = { sentBytes: 0, receivedBytes: 0 };
  #open: { readonly startedAt: number; address: string } | undefined;
  #server: Socket | undefined;

  constructor(parts: CarryParts, contact: Contact, client: Socket, signal: AbortSignal) {
    this.#parts = parts;
    this.#contact = contact;
    this.#client = client;
    this.#signal = signal;
  }

  async run(first: Uint8Array): Promise<void> {
    const { trail, now } = this.#parts;
    try {
      const how = await this.#through(first);
      await this.#closed(how);
    } catch (cause) {
      const fault = cause instanceof SallyportError ? cause : new SallyportError('ERR_INTERNAL', 'Something broke.', { cause });
      if (this.#open === undefined || fault.code === 'ERR_EGRESS_OPENING') await trail.refused(this.#contact, fault);
      if (this.#open !== undefined) {
        const { address, startedAt } = this.#open;
        await trail.closed(this.#contact, address, { ...this.#counted, openMs: now() - startedAt, how: fault.message, code: fault.code });
      }
    } finally {
      this.#client.destroy();
      this.#server?.destroy();
    }
  }

  async #through(first: Uint8Array): Promise<string> {
    const { permit, resolver, trail, now, openingMs } = this.#parts;
    const { host, port } = this.#contact;
    const allowed = permit(this.#contact, host, port);
    const addresses = await resolver.addressesOf(host, allowed);
    const reading = { host, allowed, first, openingMs, signal: this.#signal };
    const opened = allowed.tls ? await readOpening(this.#client, reading) : undefined;
    if (allowed.tls && opened === undefined) return 'it said nothing';
    this.#signal.throwIfAborted();
    // What it stood on may have gone meanwhile.
    permit(this.#contact, host, port);
    await trail.opened(this.#contact, addresses, opened?.noted ?? {});
    this.#open = { startedAt: now(), address: addresses[0] ?? '' };
    const { socket, address } = await reach(addresses, port, this.#signal);
    this.#server = socket;
    this.#open.address = address;
    // Without TLS the other side may be the first to speak; what is sent is looked at before it leaves.
    return this.#join(socket, opened === undefined ? readOpening(this.#client, reading) : Promise.resolve(opened));
  }

  /** Resolves with how it ended. */
  async #join(server: Socket, opening: Promise<Opened | undefined>): Promise<string> {
    const ended = Promise.withResolvers<string>();
    const onAbort = (): void => ended.reject(this.#signal.reason);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    let movedAt = this.#parts.now();
    const idle = setInterval(() => {
      if (this.#parts.now() - movedAt > this.#parts.idleMs) ended.resolve('idle');
    }, Math.min(1_000, this.#parts.idleMs));
    pump(server, this.#client, (count) => {
      movedAt = this.#parts.now();
      this.#counted.receivedBytes += count;
    });
    opening.then((opened) => {
      this.#send(server, opened?.bytes ?? Buffer.alloc(0));
      pump(this.#client, server, (count) => {
        movedAt = this.#parts.now();
        this.#counted.sentBytes += count;
      });
      if (opened === undefined) server.end();
    }).catch((fault: unknown) => ended.reject(fault));
    void gone(server).then((isBroken) => ended.resolve(isBroken ? 'the host broke it off' : 'the host closed it'));
    void gone(this.#client).then((isBroken) => ended.resolve(isBroken ? 'the server broke it off' : 'the server closed it'));
    return ended.promise.finally(() => {
      clearInterval(idle);
      this.#signal.removeEventListener('abort', onAbort);
    });
  }

  #send(server: Socket, bytes: Uint8Array): void {
    this.#counted.sentBytes += bytes.length;
    if (bytes.length > 0) server.write(bytes);
  }

  async #closed(how: string): Promise<void> {
    if (this.#open === undefined) return;
    const { address, startedAt } = this.#open;
    await this.#parts.trail.closed(this.#contact, address, { ...this.#counted, how, openMs: this.#parts.now() - startedAt });
  }
}
