import { createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SIGNED_AS, type DetectionEdition, type SignedSnapshot, type Snapshot } from '../../domain/snapshot.ts';
import type { SnapshotRow } from '../../store/store.ts';
import { signBytes } from './sign.ts';

/** The snapshot in force. */
export interface InForce {
  readonly version: number;
  readonly createdAt: number;
  readonly signed: SignedSnapshot;
  /** All of it but version and time, as text: two of them decide alike exactly when these are equal. */
  readonly content: string;
}

export type Content = Omit<Snapshot, 'version' | 'createdAt'>;

export interface SnapshotKeeper {
  readonly current: InForce | undefined;
  /** Why what was asked for is not in force; empty when it is. */
  readonly problems: readonly string[];
  /**
   * `store`: its configuration does not compile. `manifest`: the file that control was started with is not applied. `secrets`: gateways don't know all.
   * `configuration`: what is stored is not what was signed. `detection`: gateways don't know what detectors are to be made of.
   */
  readonly tell: (about: 'store' | 'manifest' | 'secrets' | 'configuration' | 'detection', problem?: string) => void;
  /** Whether this control's key signed it. */
  isOurs(row: Pick<SnapshotRow, 'bytes' | 'signature'>): boolean;
  /** Takes a snapshot into force if it is newer and this control's key signed it. False: it was not. */
  adopt(row: Pick<SnapshotRow, 'version' | 'bytes' | 'signature' | 'createdAt'>): boolean;
}

export function createSnapshotKeeper(key: KeyObject, onNew: () => void): SnapshotKeeper {
  const publicKey = createPublicKey(key);
  let current: InForce | undefined;
  const problems = new Map<string, string>();
  const isOurs: SnapshotKeeper['isOurs'] = ({ bytes, signature }) =>
    verify(null, Buffer.from(SIGNED_AS.snapshot + bytes), publicKey, Buffer.from(signature, 'base64url'));
  return {
    isOurs,
    get current() {
      return current;
    },
    get problems() {
      return [...problems.values()];
    },
    tell: (about, problem) => {
      if (problem === undefined) problems.delete(about);
      else problems.set(about, problem);
    },
    adopt: ({ version, bytes, signature, createdAt }) => {
      if (!isOurs({ bytes, signature })) return false;
      if (current !== undefined && version <= current.version) return true;
      current = { version, createdAt, signed: { bytes, signature }, content: contentOf(bytes) };
      onNew();
      return true;
    },
  };
}

/** Writes and signs the next snapshot. The content's text is used as it is, so that what was compared is what is signed. */
export function signNext(content: string, version: number, createdAt: number, key: KeyObject): SignedSnapshot {
  return signBytes('snapshot', `${headOf(version, createdAt)}${content.slice(1)}`, key);
}

export function contentText(content: Content): string {
  return JSON.stringify(content);
}

/** What a snapshot's content says of detection, which stands first in it: asked for often, and the whole is large. */
export function detectionNamed(content: string): DetectionEdition | undefined {
  const [, digest, sequence] = /^\{"detection":\{"digest":"([0-9a-f]{64})","sequence":(\d{1,16})\}/.exec(content) ?? [];
  return digest === undefined ? undefined : { digest, sequence: Number(sequence) };
}

function headOf(version: number, createdAt: number): string {
  return `{"version":${version},"createdAt":${createdAt},`;
}

function contentOf(bytes: string): string {
  return bytes.replace(/^\{"version":\d+,"createdAt":\d+,/, '{');
}
