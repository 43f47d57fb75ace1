import { generateKeyPairSync } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { NetworkSettings } from '../domain/snapshot.ts';
import { isLoopbackHost } from '../domain/loopback.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import { listen, type Listener, type ListenOptions } from '../gateway/listen.ts';
import { listenMtls } from '../gateway/listen-mtls.ts';
import type { Link } from '../link/connect.ts';
import { whyNotListening } from '../link/why-not-listening.ts';
import { askText, isReady } from './gateway-control.ts';

/** Where clients are to knock. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
  /** Plain HTTP, on a loopback address only. */
  readonly insecureLoopback: boolean;
}

/** Reads `host:port`. Throws ERR_CONFIG_INVALID. */
export function addressOf(text: string, insecureLoopback: boolean): Address {
  const match = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/.exec(text);
  if (match?.[1] === undefined) {
    throw new SallyportError('ERR_CONFIG_INVALID', `"${text}" is no host:port`, { remedy: 'For instance 127.0.0.1:7443.' });
  }
  const hostname = match[1].replace(/^\[|\]$/g, '');
  if (insecureLoopback && !isLoopbackHost(hostname)) {
    throw new SallyportError('ERR_CONFIG_INVALID', 'Plain HTTP is served on loopback only.', {
      remedy: 'Listen on 127.0.0.1, or leave --insecure-loopback away.',
    });
  }
  return { hostname, port: Number(match[2]), insecureLoopback };
}

/** The open door, and where programs on this machine reach it. */
export interface Door {
  readonly listener: Listener;
  readonly url: string;
}

/** Listens for clients. The TLS key is made here and never leaves this process; control's CA certifies it. */
export async function openDoor(
  address: Address, gateway: Gateway, inForce: InForceKeeper, control: Link, signal: AbortSignal,
): Promise<Door> {
  const { hostname, port, insecureLoopback } = address;
  const { network } = inForce.current(Date.now()).snapshot;
  const parts = { network: () => inForce.snapshot?.network ?? network, gateway, ready: () => isReady(inForce) };
  const tls = insecureLoopback ? {} : { tls: await certified(hostname, control, signal) };
  const listener = await listenOn(() => listen({ hostname, port, ...tls, publicUrl: network.publicUrl, ...parts }), address);
  const url = urlOf(address, listener.port, network.publicUrl);
  if (network.mtls === undefined) return { listener, url };
  try {
    return { listener: both(listener, await openMtls(network.mtls, parts, control, signal)), url };
  } catch (fault) {
    await listener.close(0);
    throw fault;
  }
}

/** The door for clients with certificates; which one it is stays as it was at start, like the other's address. */
async function openMtls(
  { listen: at, publicUrl }: NonNullable<NetworkSettings['mtls']>, parts: Pick<ListenOptions, 'network' | 'gateway' | 'ready'>,
  control: Link, signal: AbortSignal,
): Promise<Listener> {
  const address = addressOf(at, false);
  const { hostname, port } = address;
  const tls = await certified(hostname, control, signal);
  return listenOn(() => listenMtls({ hostname, port, tls, publicUrl, ...parts }), address);
}

function both(one: Listener, other: Listener): Listener {
  return { port: one.port, close: async (graceMs) => void (await Promise.all([one.close(graceMs), other.close(graceMs)])) };
}

/** A certificate of the local CA for a key that is made here. Throws `ERR_LINK_*`. */
export async function certified(hostname: string, control: Link, signal: AbortSignal): Promise<NonNullable<ListenOptions['tls']>> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request = { publicKey: publicKey.export({ type: 'spki', format: 'pem' }), hostname };
  const cert = await askText(control, 'control.certificate', request, 'certificate', signal);
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}

/** Beyond loopback the gate answers under its public name only. */
function urlOf({ hostname, insecureLoopback }: Address, port: number, publicUrl: string): string {
  if (!isLoopbackHost(hostname) && !isLoopbackHost(new URL(publicUrl).hostname)) return new URL(publicUrl).origin;
  return `${insecureLoopback ? 'http' : 'https'}://${hostname === '::1' ? '[::1]' : 'localhost'}:${port}`;
}

/** An address that can't be had is the operator's to change: it never gets better by trying again. */
async function listenOn(open: () => Listener | Promise<Listener>, { hostname, port }: Address): Promise<Listener> {
  try {
    return await open();
  } catch (cause) {
    throw new SallyportError('ERR_LISTEN', `The gate can't listen on ${hostname}:${port}: ${whyNotListening(cause)}.`, {
      remedy: 'Choose another address with --listen HOST:PORT, or gateway.listen in sallyport.yaml.', cause,
    });
  }
}
