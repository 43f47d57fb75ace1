import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { FILES_PREDICATE, keyIdOf, signedBytes, STATEMENT_TYPE, toEnvelope } from '../../src/cli/verify-manifest.ts';

export interface Artefact {
  readonly name: string;
  readonly sha256: string;
}

export interface Source {
  readonly commit: string;
  /** ISO 8601: of the commit, so that the same source gives the same release. */
  readonly timestamp: string;
  /** Files were changed after the commit: it is no release of it, and says so. */
  readonly isDirty: boolean;
}

function subjects(artefacts: readonly Artefact[]): readonly object[] {
  return artefacts.map(({ name, sha256 }) => ({ name, digest: { sha256 } }));
}

/** in-toto statement, SLSA provenance v1: what was made, out of which source, by whom. It says what happened; it proves no isolated builder. */
export function provenanceOf(artefacts: readonly Artefact[], source: Source, lockSha256: string, builder: string): object {
  return {
    _type: STATEMENT_TYPE, subject: subjects(artefacts), predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:sallyport:scripts-release:v1',
        externalParameters: { commit: source.commit },
        internalParameters: { dirty: source.isDirty, runtime: `bun ${Bun.version}` },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: source.commit } },
          { name: 'package-lock.json', digest: { sha256: lockSha256 } },
        ],
      },
      runDetails: { builder: { id: builder }, metadata: { startedOn: source.timestamp } },
    },
  };
}

export function filesStatement(
  artefacts: readonly Artefact[], release: { readonly name: string; readonly version: string; readonly platform: string }, files: ReadonlyMap<string, string>,
): object {
  return { _type: STATEMENT_TYPE, subject: subjects(artefacts), predicateType: FILES_PREDICATE, predicate: { ...release, files: Object.fromEntries(files) } };
}

/** Reads the release key: Ed25519, PKCS #8 PEM, and nobody's but its owner's to read. */
export function readReleaseKey(path: string): KeyObject {
  const found = lstatSync(path);
  if (!found.isFile() || (found.mode & 0o077) !== 0) throw new Error(`${path} can be read by others than its owner: chmod 600, and replace the key`);
  const key = createPrivateKey(readFileSync(path));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path} holds no Ed25519 key: openssl genpkey -algorithm ed25519`);
  return key;
}

/** A signed statement, as one DSSE envelope. */
export function signStatement(statement: object, key: KeyObject): string {
  const payload = Buffer.from(JSON.stringify(statement));
  return `${JSON.stringify(toEnvelope(payload, keyIdOf(createPublicKey(key)), sign(null, signedBytes(payload), key)))}\n`;
}
