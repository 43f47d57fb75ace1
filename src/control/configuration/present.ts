import type { Json } from '../../domain/json.ts';
import type { Version } from './version.ts';

/** A version as it is shown: who, when, what, why. */
export function presentVersion({ statement, digest }: Version): { readonly [key: string]: Json } {
  const { number, at, author, via, approvers, space, action, id, reason, manifest, restores, anchor, changes, snapshot, root, previous } = statement;
  return {
    number, at, author, via, approvers, space, action, id, changes, snapshot, digest, root, previous,
    ...(reason === undefined ? {} : { reason }), ...(restores === undefined ? {} : { restores }), ...(anchor === undefined ? {} : { accepted: true }),
    ...(manifest === undefined ? {} : { manifest: presentManifest(manifest) }),
  };
}

function presentManifest({ file, digest, origin }: NonNullable<Version['statement']['manifest']>): Json {
  return { file, digest, ...(origin === undefined ? {} : { origin: { ...origin } }) };
}
