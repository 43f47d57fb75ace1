import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { FRAME, FrameReader, Outbox, parseBody } from '../frame.ts';
import { writeFault } from '../fault.ts';
import type { SessionContext } from '../handler.ts';
import { readJoin } from '../handshake.ts';
import type { Enrol } from '../serve.ts';
import { CHECK_MS, Session } from '../session.ts';
import { listenMachines, type Arrival, type Conversation, type MachineDoor } from '../wire.ts';
import type { MachineAddress } from './address.ts';
import type { Credentials } from './credentials.ts';

export interface DoorParts {
  readonly address: MachineAddress;
  readonly credentials: Credentials;
  readonly enrol: Enrol | undefined;
  /** Those of all doors and sockets of the role, which are limited together. */
  readonly sessions: Set<Session>;
  readonly context: Omit<SessionContext, 'expected' | 'machine'>;
}

/** The listener of one role for other machines. Throws what the socket throws. */
export function openMachineDoor(parts: DoorParts): { readonly port: number; close(): void } {
  const { credentials, sessions, context } = parts;
  const own = new Set<Session>();
  const joining = new Set<Arrival>();
  const listen = (port: number): MachineDoor => listenMachines({ ...parts.address, port }, {
    ca: credentials.authorityPem, cert: credentials.certificate, key: credentials.key,
  }, {
    arrived: (arrival) => (arrival.certificate === undefined ? enrolling(arrival, parts, joining) : converse(arrival, parts, own)),
    refused: (address) => context.onRefused?.({ code: 'ERR_LINK_AUTH', address }),
  });
  let door = listen(parts.address.port);
  const { port } = door;
  let shown = credentials.certificate;
  const check = (): void => {
    for (const session of own) session.check();
  };
  const unfollow = credentials.onChange(() => {
    check();
    if (credentials.certificate === shown) return;
    const before = door;
    door = listen(port);
    shown = credentials.certificate;
    before.stop();
    for (const session of own) session.renewed();
  });
  const timer = setInterval(check, CHECK_MS);
  timer.unref();
  return {
    port,
    close: () => {
      clearInterval(timer);
      unfollow();
      door.stop();
    },
  };

  function converse(arrival: Arrival, of: DoorParts, among: Set<Session>): Conversation | undefined {
    const { wire, address, certificate } = arrival;
    if (certificate === undefined) return undefined;
    try {
      const peer = of.credentials.readPeer(certificate);
      if (sessions.size >= LIMITS.linkConnectionsMax) throw new SallyportError('ERR_LINK_UNAVAILABLE', 'too many connections');
      const session = new Session(wire, { ...context, expected: peer.role, machine: { credentials: of.credentials, peer, address } });
      among.add(session);
      sessions.add(session);
      return {
        receive: (bytes) => session.receive(bytes),
        drain: () => session.drain(),
        lost: () => {
          among.delete(session);
          sessions.delete(session);
          session.lost();
        },
      };
    } catch (error) {
      context.onRefused?.({ code: error instanceof SallyportError ? error.code : 'ERR_LINK_AUTH', address });
      return undefined;
    }
  }
}

/** Whoever has no certificate may say one thing, at control alone: that it wants to join, and by which token. */
function enrolling(arrival: Arrival, { enrol, context }: DoorParts, joining: Set<Arrival>): Conversation | undefined {
  const { wire, address } = arrival;
  const refuse = (error: unknown): SallyportError => {
    const fault = error instanceof SallyportError ? error : new SallyportError('ERR_INTERNAL', 'joining failed');
    context.onRefused?.({ code: fault.code, address });
    return fault;
  };
  if (enrol === undefined) {
    refuse(new SallyportError('ERR_LINK_AUTH', 'a caller without a certificate'));
    return undefined;
  }
  // Anybody can come this far: without an end to them there would be no room for who has a certificate.
  if (joining.size >= LIMITS.linkPendingMax) {
    refuse(new SallyportError('ERR_LINK_UNAVAILABLE', 'too many want to join'));
    return undefined;
  }
  joining.add(arrival);
  const outbox = new Outbox((bytes, at, length) => wire.write(bytes, at, length), () => wire.terminate());
  const deadline = setTimeout(() => wire.terminate(), LIMITS.linkHandshakeMs);
  let asked = false;
  const answer = (kind: typeof FRAME.answer | typeof FRAME.fault, text: string): void => {
    outbox.add(kind, 0, text);
    outbox.drain();
    wire.end();
  };
  const reader = new FrameReader(LIMITS.linkHandshakeBytesMax, (kind, _id, text) => {
    if (asked || kind !== FRAME.hello) throw new SallyportError('ERR_LINK_AUTH', 'a caller without a certificate');
    asked = true;
    enrol(readJoin(parseBody(text)), address).then(
      (answered) => answer(FRAME.answer, JSON.stringify(answered)),
      (error: unknown) => answer(FRAME.fault, writeFault(refuse(error))),
    );
  });
  return {
    receive: (bytes) => {
      try {
        reader.push(bytes);
      } catch (error) {
        answer(FRAME.fault, writeFault(refuse(error)));
      }
    },
    drain: () => outbox.drain(),
    lost: () => {
      joining.delete(arrival);
      clearTimeout(deadline);
      outbox.close();
    },
  };
}
