import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { Signer } from '@sigstore/verify';
import { z } from 'zod';
import { packageFault } from './fault.ts';
import trustedRoot from './trusted-root.json';

/** Who built an archive, as its verified attestation says. */
export interface Provenance {
  /** Of the source, for instance `https://github.com/owner/name`. */
  readonly repository: string;
  /** What built it: workflow and revision, as the certificate names it. */
  readonly builder: string;
}

/** The archive that an attestation must be about. */
export interface Attested {
  readonly what: string;
  /** npm: a package URL; PyPI: the file's name. */
  readonly subject: string;
  readonly algorithm: 'sha512' | 'sha256';
  /** Hex. */
  readonly digest: string;
}

/** Builders whose identity providers say what they build from; a person's own account proves nothing about a source. */
const BUILDERS: ReadonlySet<string> = new Set(['https://token.actions.githubusercontent.com', 'https://gitlab.com']);
/** Fulcio's extensions (1.3.6.1.4.1.57264.1): source repository, and what older certificates have instead. */
const REPOSITORY = '1.3.6.1.4.1.57264.1.12';
const REPOSITORY_NAME = '1.3.6.1.4.1.57264.1.5';
const BUILD_CONFIG = '1.3.6.1.4.1.57264.1.18';

const BUNDLE = z.record(z.string(), z.unknown());
const NPM = z.object({ attestations: z.array(z.object({ predicateType: z.string(), bundle: BUNDLE })).max(32) });
const PYPI = z.object({
  attestation_bundles: z.array(z.object({
    publisher: z.object({ kind: z.string(), repository: z.string().exactOptional(), workflow: z.string().exactOptional(),
      workflow_filepath: z.string().exactOptional() }),
    attestations: z.array(z.object({
      verification_material: z.object({ certificate: z.string(), transparency_entries: z.array(z.unknown()).min(1).max(8) }),
      envelope: z.object({ statement: z.string(), signature: z.string() }),
    })).max(32),
  })).min(1).max(8),
});
const STATEMENT = z.object({ subject: z.array(z.object({ name: z.string(), digest: z.record(z.string(), z.string()) })).min(1).max(64),
  predicateType: z.string() });
const ENVELOPE = z.object({ dsseEnvelope: z.object({ payload: z.string() }) });

let verifier: Verifier | undefined;

/**
 * The verified build of an npm archive (SLSA provenance); undefined: its attestations say nothing about a build. The chain is checked
 * offline against the roots that are shipped with Sallyport: certificate, its transparency, the log's entry, and the signature.
 * Throws `ERR_PACKAGE_PROVENANCE` for anything that does not fit: broken is worse than none.
 */
export function verifyNpm(document: unknown, attested: Attested): Provenance | undefined {
  const { attestations } = parse(NPM, document, attested);
  const builds = attestations.filter(({ predicateType }) => predicateType.startsWith('https://slsa.dev/provenance/'));
  const found = builds.map(({ bundle }) => verifyBundle(bundle, attested));
  return found.map((signer) => provenanceOf(signer, attested))[0];
}

/** The same of a PyPI file (PEP 740); each attestation must come from the publisher that the index names. */
export function verifyPypi(document: unknown, attested: Attested): Provenance | undefined {
  const { attestation_bundles: bundles } = parse(PYPI, document, attested);
  const found = bundles.flatMap(({ publisher, attestations }) => attestations.map(({ verification_material: material, envelope }) => {
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { certificate: { rawBytes: material.certificate }, tlogEntries: material.transparency_entries },
      dsseEnvelope: { payload: envelope.statement, payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: envelope.signature, keyid: '' }] },
    };
    const provenance = provenanceOf(verifyBundle(bundle, attested), attested);
    const host = { GitHub: 'https://github.com', GitLab: 'https://gitlab.com' }[publisher.kind];
    const workflow = publisher.workflow ?? publisher.workflow_filepath ?? '';
    const isNamed = host !== undefined && provenance.repository === `${host}/${publisher.repository ?? ''}`;
    if (!isNamed || !provenance.builder.includes(`/${workflow}@`)) throw broken(attested, 'its attestation is of another publisher than the index names');
    return provenance;
  }));
  return found[0];
}

function parse<T>(schema: z.ZodType<T>, document: unknown, attested: Attested): T {
  const read = schema.safeParse(document, { reportInput: false });
  if (read.success) return read.data;
  throw broken(attested, 'its attestations cannot be read');
}

function verifyBundle(bundle: Readonly<Record<string, unknown>>, attested: Attested): Signer {
  let signer: Signer;
  try {
    verifier ??= new Verifier(toTrustMaterial(TrustedRoot.fromJSON(trustedRoot)), { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
    signer = verifier.verify(toSignedEntity(bundleFromJSON(bundle)));
  } catch (error) {
    throw broken(attested, 'its attestation does not verify', error instanceof Error ? error.message : '');
  }
  const { dsseEnvelope } = parse(ENVELOPE, bundle, attested);
  const { subject } = parse(STATEMENT, decode(dsseEnvelope.payload), attested);
  if (subject.some(({ name, digest }) => name === attested.subject && digest[attested.algorithm] === attested.digest)) return signer;
  throw broken(attested, 'its attestation is about something else');
}

function decode(base64: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

function provenanceOf({ identity }: Signer, attested: Attested): Provenance {
  const issuer = identity?.extensions?.issuer ?? '';
  if (!BUILDERS.has(issuer)) throw broken(attested, 'it was attested by nobody who builds from a public source');
  const extension = (id: string): string | undefined => {
    const value = identity?.oids?.find(({ oid }) => oid?.id.join('.') === id)?.value;
    return value === undefined ? undefined : textOf(value);
  };
  const name = extension(REPOSITORY_NAME);
  const repository = extension(REPOSITORY) ?? (name === undefined ? undefined : `https://github.com/${name}`);
  if (repository === undefined) throw broken(attested, 'its certificate names no source');
  return { repository, builder: extension(BUILD_CONFIG) ?? identity?.subjectAlternativeName ?? '' };
}

/** Newer extensions are DER UTF8Strings of less than 128 or 256 bytes, older ones plain text. */
function textOf(value: Uint8Array): string {
  const [tag, length = 0, second = 0] = value;
  if (tag === 0x0c && length === value.length - 2) return Buffer.from(value.subarray(2)).toString('utf8');
  if (tag === 0x0c && length === 0x81 && second === value.length - 3) return Buffer.from(value.subarray(3)).toString('utf8');
  return Buffer.from(value).toString('utf8');
}

function broken({ what }: Attested, why: string, internal?: string): ReturnType<typeof packageFault> {
  return packageFault('ERR_PACKAGE_PROVENANCE', what, why, internal);
}
