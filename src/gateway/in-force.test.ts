import { expect, test } from 'bun:test';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { SIGNED_AS, type Lease, type SignedSnapshot, type Snapshot } from '../domain/snapshot.ts';
import { STANDING_LIMITS } from '../domain/standing.ts';
import { createInForceKeeper, risingFloor, type InForceKeeper } from './in-force.ts';

const keys = generateKeyPairSync('ed25519');
const signed = (purpose: string, value: object, key: KeyObject = keys.privateKey): SignedSnapshot => {
  const bytes = JSON.stringify(value);
  return { bytes, signature: sign(null, Buffer.from(purpose + bytes), key).toString('base64url') };
};
const snapshot = (version: number): Snapshot => ({
  version, createdAt: 0, policy: null, servers: [], toolsets: [], tokens: [], agents: [], issuers: [], scopes: [],
  network: { publicUrl: 'https://localhost', internal: [], origins: [] }, audit: { classes: [], keys: [], scorePeople: true }, limits: STANDING_LIMITS,
});
const lease = (issuedAt: number, change: Partial<Lease> = {}): Lease => ({
  issuedAt, expiresAt: issuedAt + 1000, snapshotVersion: 1, revokedCredentials: [], revokedPrincipals: [],
  killed: { all: false, agents: [], servers: [], principals: [], tools: [], contexts: [] }, ...change,
});
const keeper = (floor = 0): InForceKeeper => createInForceKeeper(() => keys.publicKey, risingFloor(floor));

test('without a snapshot, or with a lease that ran out, nothing is decided', () => {
  const force = keeper();
  expect(() => force.current(0)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_NONE' }));
  force.acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(1)));
  expect(() => force.current(0)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_NONE' }));
  force.acceptLease(signed(SIGNED_AS.lease, lease(0)));
  expect(force.current(999).snapshot.version).toBe(1);
  expect(() => force.current(1000)).toThrow(expect.objectContaining({ code: 'ERR_LEASE_EXPIRED' }));
});

test('a snapshot or lease that control did not sign, or signed as something else, is never used', () => {
  const force = keeper();
  const other = generateKeyPairSync('ed25519').privateKey;
  const good = signed(SIGNED_AS.snapshot, snapshot(1));
  const altered = { ...good, bytes: good.bytes.replace('"version":1', '"version":2') };
  for (const bad of [signed(SIGNED_AS.snapshot, snapshot(1), other), signed(SIGNED_AS.lease, snapshot(1)), altered]) {
    expect(() => force.acceptSnapshot(bad)).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_SIGNATURE' }));
  }
  expect(() => force.acceptLease(signed(SIGNED_AS.snapshot, lease(0)))).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_SIGNATURE' }));
  expect(force.snapshot).toBeUndefined();
});

test('an older snapshot is a roll-back, also after a restart; an older lease is ignored', () => {
  const force = keeper();
  force.acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(3)));
  expect(() => force.acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(2)))).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_ROLLBACK' }));
  expect(() => keeper(3).acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(2)))).toThrow(expect.objectContaining({ code: 'ERR_SNAPSHOT_ROLLBACK' }));
  force.acceptLease(signed(SIGNED_AS.lease, lease(50, { revokedCredentials: ['c'] })));
  force.acceptLease(signed(SIGNED_AS.lease, lease(40)));
  expect(force.current(60).identities.revoked.has('c')).toBe(true);
});

test('an exchange goes on with the snapshot that it began with, under today\'s lease', () => {
  const force = keeper();
  force.acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(1)));
  force.acceptLease(signed(SIGNED_AS.lease, lease(0)));
  const began = force.current(1).snapshot;
  let told = 0;
  force.onChange(() => (told += 1));
  force.acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(2)));
  force.acceptLease(signed(SIGNED_AS.lease, lease(5, { killed: { all: true, agents: [], servers: [], principals: [], tools: [], contexts: [] } })));
  expect(force.of(began).snapshot.version).toBe(1);
  expect(force.of(began).lease.killed.all).toBe(true);
  expect(told).toBe(1);
});

test('whoever has to end what a lease ends is told of each lease', () => {
  const force = keeper();
  force.acceptSnapshot(signed(SIGNED_AS.snapshot, snapshot(1)));
  const seen: (readonly string[])[] = [];
  const stop = force.onLease(() => seen.push(force.current(0).lease.revokedCredentials));
  force.acceptLease(signed(SIGNED_AS.lease, lease(1, { revokedCredentials: ['c'] })));
  stop();
  force.acceptLease(signed(SIGNED_AS.lease, lease(2)));
  expect(seen).toEqual([['c']]);
});
