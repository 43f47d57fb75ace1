import { X509Certificate } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { MachineAddress } from './machines/address.ts';

/** One connection, whatever carries it. */
export interface Wire {
  /** How many bytes were taken. */
  write(bytes: Buffer, at: number, length: number): number;
  end(): void;
  terminate(): void;
}

export interface WireEvents {
  /** The peer can be spoken to; between machines with the certificate that it proved. What it throws ends the wire. */
  open(wire: Wire, certificate?: X509Certificate): void;
  data(bytes: Buffer): void;
  drain(): void;
  close(): void;
  /** It was never open. */
  failed(error: SallyportError): void;
}

/** What one side of TLS needs: whom it believes, and by what it proves itself. All PEM. */
export interface WireTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** TLS 1.3 (RFC 8446) and nothing before it. */
const TLS_1_3 = 0x0304;

/** Connects to a role on this machine. Throws what the socket throws. */
export async function dialSocket(path: string, events: WireEvents): Promise<void> {
  await Bun.connect({
    unix: path,
    socket: {
      open: (socket) => events.open(socket),
      data: (_socket, bytes) => events.data(bytes),
      drain: () => events.drain(),
      close: () => events.close(),
      error: (socket) => socket.terminate(),
    },
  });
}

/** Connects to a role on another machine. Throws what the socket throws. */
export async function dialMachine({ hostname, port }: MachineAddress, tls: WireTls, events: WireEvents): Promise<void> {
  let deadline: Timer | undefined;
  await Bun.connect({
    hostname, port,
    tls: tlsOptions(tls),
    socket: {
      open: (socket) => {
        deadline = setTimeout(() => socket.terminate(), LIMITS.linkHandshakeMs);
      },
      handshake: (socket, _succeeded, fault) => {
        clearTimeout(deadline);
        try {
          // Certificates name roles, not hosts; the one that was asked for is checked by whoever hears `open`.
          if (fault !== null && codeOf(fault) !== 'ERR_TLS_CERT_ALTNAME_INVALID') throw unproven(fault.message);
          events.open(socket, certificateOf(socket));
        } catch (error) {
          events.failed(error instanceof SallyportError ? error : unproven('of an unknown fault'));
          socket.terminate();
        }
      },
      data: (_socket, bytes) => events.data(bytes),
      drain: () => events.drain(),
      close: () => {
        clearTimeout(deadline);
        events.close();
      },
      error: (socket) => socket.terminate(),
    },
  });
}

export interface MachineDoor {
  readonly port: number;
  /** Takes no more connections; those that there are go on. */
  stop(): void;
}

export interface Arrival {
  readonly wire: Wire;
  /** The remote address. */
  readonly address: string;
  /** Absent: it presented none, which is what one does that wants to join. */
  readonly certificate: X509Certificate | undefined;
}

/** What the listener does with one connection once TLS stands. */
export interface Conversation {
  receive(bytes: Buffer): void;
  drain(): void;
  lost(): void;
}

interface Pending {
  conversation: Conversation | undefined;
  readonly deadline: Timer;
}

export interface MachineListeners {
  /** TLS stands. What it throws, or `undefined`, ends the connection. */
  arrived(arrival: Arrival): Conversation | undefined;
  /** Somebody could not, or would not, speak TLS 1.3 with us. */
  refused(address: string): void;
}

/** Listens for other machines. `reusePort` lets a listener with a renewed certificate take over without a gap. */
export function listenMachines({ hostname, port }: MachineAddress, tls: WireTls, listeners: MachineListeners): MachineDoor {
  const pending = new Set<Pending>();
  const settle = (one: Pending): void => {
    clearTimeout(one.deadline);
    pending.delete(one);
  };
  const listener = Bun.listen<Pending | undefined>({
    // Known to the runtime, not to its types.
    ...({ reusePort: true } as object),
    hostname, port,
    tls: { ...tlsOptions(tls), requestCert: true },
    socket: {
      open: (socket) => {
        if (pending.size >= LIMITS.linkPendingMax) {
          listeners.refused(socket.remoteAddress);
          socket.terminate();
          return;
        }
        const one: Pending = { conversation: undefined, deadline: setTimeout(() => socket.terminate(), LIMITS.linkHandshakeMs) };
        socket.data = one;
        pending.add(one);
      },
      handshake: (socket, succeeded) => {
        const one = socket.data;
        if (one === undefined) return;
        settle(one);
        if (succeeded) one.conversation = listeners.arrived({ wire: socket, address: socket.remoteAddress, certificate: presentedBy(socket) });
        else listeners.refused(socket.remoteAddress);
        if (one.conversation === undefined) socket.terminate();
      },
      data: (socket, bytes) => socket.data?.conversation?.receive(bytes),
      drain: (socket) => socket.data?.conversation?.drain(),
      close: (socket) => {
        if (socket.data === undefined) return;
        settle(socket.data);
        socket.data.conversation?.lost();
      },
      error: (socket) => socket.terminate(),
    },
  });
  return { port: listener.port, stop: () => listener.stop(false) };
}

/** What the runtime takes and its types do not know. */
function tlsOptions(tls: WireTls): Bun.TLSOptions {
  // Who is there is judged by `readMachine` in one place for both sides; the handshake has proven that the key is theirs.
  return { ...tls, rejectUnauthorized: false, minVersion: TLS_1_3 } as Bun.TLSOptions;
}

interface TlsSocket {
  getPeerX509Certificate(): X509Certificate | undefined;
}

function presentedBy(socket: TlsSocket): X509Certificate | undefined {
  const presented = socket.getPeerX509Certificate();
  return presented === undefined ? undefined : new X509Certificate(presented.raw);
}

function certificateOf(socket: TlsSocket): X509Certificate {
  const certificate = presentedBy(socket);
  if (certificate === undefined) throw unproven('it has no certificate');
  return certificate;
}

function codeOf(fault: Error): string {
  return 'code' in fault ? String(fault.code) : '';
}

function unproven(why: string): SallyportError {
  return new SallyportError('ERR_LINK_AUTH', `the peer did not prove itself: ${why}`);
}
