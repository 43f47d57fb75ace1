import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { eraOf } from '../domain/message.ts';
import { examine } from '../gateway/examine.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import type { PinGuard } from '../gateway/pin-guard.ts';
import type { Reader } from '../gateway/reader.ts';
import { writeSurface } from '../registry/surface.ts';
import { untilVersion } from './gateway-control.ts';

/** What reading for control needs of the data plane. */
export interface ReadParts {
  readonly gateway: Gateway;
  readonly reader: Reader;
  readonly pins: PinGuard;
  readonly inForce: InForceKeeper;
}

/** Control asks what a server says of itself, and how it is exposed: the gateway's own reader looks, through the same path as everyone. */
export async function readFor(body: Json, { gateway, reader, pins, inForce }: ReadParts, ending: AbortSignal): Promise<Json> {
  const { space, server, minSnapshotVersion } = isObject(body) ? body : {};
  if (typeof space !== 'string' || typeof server !== 'string' || typeof minSnapshotVersion !== 'number') {
    throw new SallyportError('ERR_REQUEST_INVALID', 'gateway.read names a space, a server and a snapshot version');
  }
  await untilVersion(inForce, minSnapshotVersion, ending);
  // An administrator looks at the server: calls look again too, instead of at what was seen up to a minute ago.
  pins.invalidate({ space, id: server });
  const signal = AbortSignal.any([ending, AbortSignal.timeout(LIMITS.requestTimeoutMs)]);
  const surface = await reader.read(space, server, undefined, signal);
  const entry = inForce.current(Date.now()).snapshot.servers.find((one) => one.space === space && one.id === server);
  const examined = entry === undefined ? undefined : await examine(gateway, entry, eraOf(surface.revision), signal);
  return { surface: writeSurface(surface), exposure: examined === undefined ? null : { ...examined } };
}
