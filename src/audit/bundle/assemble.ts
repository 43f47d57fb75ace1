import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../domain/json.ts';
import { sha256 } from '../log/hash.ts';
import { writeTlogProof } from '../offline/tlog-proof.ts';

/** One record in a bundle. `line`: as it was written, where it may be disclosed and was not erased. */
export interface BundledRecord {
  readonly position: number;
  /** What the log has of it: base64url of 32 bytes. */
  readonly leaf: string;
  /** Base64 hashes up to the checkpoint's root. */
  readonly proof: readonly string[];
  readonly line?: string;
  /** As people read it; of a disclosed line exactly its record. */
  readonly readable: JsonObject;
}

export interface BundleParts {
  readonly createdAt: number;
  readonly createdBy: string;
  readonly space: string;
  /** What was asked for: contexts, exchanges, times, the incident's name. */
  readonly scope: JsonObject;
  /** `original`: lines as they were written, with people's names. `pseudonyms`: commitments and proofs of them, and records without names. */
  readonly disclosure: 'original' | 'pseudonyms';
  readonly vkey: string;
  readonly note: string;
  readonly records: readonly BundledRecord[];
  /** Definitions, policies and configuration, by file name. */
  readonly others: ReadonlyMap<string, string>;
  /** What should be here and is not, in words. */
  readonly gaps: readonly string[];
}

export type SignManifest = (manifest: string) => { readonly key: string; readonly signature: string };

/** The files of an evidence bundle, by name: each named with its digest in a manifest, which `sign` signs. */
export function assembleBundle(parts: BundleParts, sign: SignManifest): ReadonlyMap<string, string> {
  const { records, others, vkey, note } = parts;
  const files = new Map<string, string>([
    ['README.md', readme(parts)],
    ['verify.mjs', readFileSync(join(import.meta.dir, 'verify.mjs'), 'utf8')],
    ['log/vkey', `${vkey}\n`],
    ['log/checkpoint', note],
    ['records.jsonl', records.map(({ position, readable }) => `${JSON.stringify({ position, ...readable })}\n`).join('')],
  ]);
  for (const { position, proof, line } of records) {
    files.set(`proofs/${position}.tlog-proof`, writeTlogProof({ position, proof, note }));
    if (line !== undefined) files.set(`lines/${position}.json`, line);
  }
  for (const [name, text] of others) files.set(name, text);
  const manifest = `${JSON.stringify(manifestOf(parts, files), undefined, 1)}\n`;
  return new Map([...files, ['manifest.json', manifest], ['signature.json', `${JSON.stringify(sign(manifest))}\n`]]);
}

function manifestOf({ createdAt, createdBy, space, scope, disclosure, records, gaps }: BundleParts, files: ReadonlyMap<string, string>): Json {
  const digests = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => [name, sha256(Buffer.from(text)).toString('hex')]);
  return {
    format: 'sallyport/evidence-bundle/v1', createdAt, createdBy, space, scope, disclosure, gaps: [...gaps],
    records: records.map(({ position, leaf, line }) => ({ position, leaf, line: line !== undefined })),
    files: Object.fromEntries(digests),
  };
}

function readme({ createdAt, space, scope, disclosure, records, gaps }: BundleParts): string {
  const original = 'lines/ has the records as they were written, with people’s names; records.jsonl says the same.';
  const hidden = 'People stand under pseudonyms. The records as they were written are not here: each proof is of a commitment to one, so that\n' +
    'whoever is shown the original later can check that it is what was logged (docs/audit/verify.md of Sallyport).';
  return `# Evidence of ${records.length} records

Made ${new Date(createdAt).toISOString()} in the space ${space}, of ${JSON.stringify(scope)}.

    node verify.mjs . [log vkey] [control key]

checks all of it offline: the signature over manifest.json, every file, the log's checkpoint, each record's place in the log, and each
line that is disclosed. Read the script; it has fewer than 100 lines. Compare the keys that it prints with keys that you were given
elsewhere: a bundle cannot vouch for its own keys. That nothing was left out between these records is shown by the whole log alone.

${disclosure === 'original' ? original : hidden}

definitions/ has the tools as they were approved then, and how they changed; configuration/ what was in force, by snapshot; policies/ the
policies' text. What is missing: ${gaps.length === 0 ? 'nothing.' : `\n\n${gaps.map((gap) => `- ${gap}`).join('\n')}`}
`;
}
