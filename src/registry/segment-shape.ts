import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { WORDS } from './manifest-words.ts';
import { readNetwork } from './segments/network.ts';

/** How `gateway.segment` and `servers.<id>.segment` are written. Every word of it can reach a rule, so each has a closed form. */

const LABEL = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)$/;
const LABEL_NAME = /^(?:[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

const ADDRESSES = z
  .array(z.string().refine((text) => readNetwork(text) !== undefined, {
    error: 'must be an IP address or a network (10.20.0.0/24) of one party: no name, no loopback, nothing wider than /8 (IPv6: /16)',
  }))
  .min(1).max(LIMITS.segmentAddressesMax);

const PODS = z.strictObject({
  namespace: z.string().regex(NAMESPACE, 'must be the name of a namespace'),
  labels: z.record(z.string().regex(LABEL_NAME, 'must be the name of a label'), z.string().regex(LABEL, 'must be the value of a label'))
    .refine((labels) => Object.keys(labels).length > 0, { error: 'must have a label: without one it would be every pod of the namespace' }),
});

const PLACE = { addresses: ADDRESSES.exactOptional(), pods: PODS.exactOptional() };
const isPlaced = (place: { readonly addresses?: unknown; readonly pods?: unknown }): boolean => (place.addresses ?? place.pods) !== undefined;
const UNPLACED = { error: 'must have addresses or pods: rules know no names' };

const PORT = z.int().min(1).max(65_535);
const PEER = { ...PLACE, host: z.string().regex(HOST, 'must be a host name in lower case').exactOptional(), port: PORT,
  protocol: z.enum(['tcp', 'udp']).exactOptional() };

/** Where gateways call from. */
export const GATE_SEGMENT = z.strictObject(PLACE).refine(isPlaced, UNPLACED);

/** Where a server that the company hosts stands, and what it may reach. */
export const SEGMENT = z
  .strictObject({
    ...PLACE,
    port: PORT.exactOptional(),
    egress: z.array(z.strictObject(PEER).refine(isPlaced, UNPLACED)).max(LIMITS.segmentPeersMax).exactOptional(),
    ingress: z.array(z.strictObject({ ...PEER, reason: WORDS }).refine(isPlaced, UNPLACED)).max(LIMITS.segmentPeersMax).exactOptional(),
  })
  .refine(isPlaced, UNPLACED);
