import type { JsonObject } from '../domain/json.ts';
import type { Entry } from './entry.ts';
import { purlOf } from './purl.ts';

const ALGORITHMS: Readonly<Record<string, string>> = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' };

/** What a server runs from, as CycloneDX 1.6: each package of its tree with the digest of its archive, and who is proven to have built it. */
export function sbomOfEntry(entry: Entry, digest: string): JsonObject {
  const { ecosystem, name, version, packages } = entry;
  const top = purlOf({ ecosystem, name, version });
  return {
    bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': 'server', name, version, purl: top, properties: [{ name: 'sallyport:package-store-entry', value: digest }] },
    },
    components: packages.map((one) => ({
      type: 'library', 'bom-ref': one.at === '' ? one.name : one.at, name: one.name, version: one.version,
      purl: purlOf({ ecosystem, name: one.name, version: one.version }), hashes: hashesOf(one.integrity),
      ...(one.provenance === undefined ? {} : {
        externalReferences: [{ type: 'vcs', url: one.provenance.repository }],
        properties: [{ name: 'sallyport:built-by', value: one.provenance.builder }],
      }),
    })),
  };
}

/** Subresource integrity, several with a space between. */
function hashesOf(integrity: string): readonly JsonObject[] {
  return integrity.split(/\s+/).flatMap((one) => {
    const [, name = '', base64 = ''] = /^(sha\d+)-([A-Za-z0-9+/]+=*)$/.exec(one) ?? [];
    const alg = ALGORITHMS[name];
    return alg === undefined ? [] : [{ alg, content: Buffer.from(base64, 'base64').toString('hex') }];
  });
}
