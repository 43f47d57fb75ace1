import { isArray } from '../../../domain/json.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { sameUrl } from '../permission.ts';
import type { Observed, ProbeFacts } from '../result.ts';
import { allOf, judged, observed, textsOf } from '../scene.ts';
import type { Probe, Scene, Seen } from '../scene.ts';

const OWN = [
  'issuer-identity', 'pkce-s256', 'pkce-plain', 'issuer-https', 'client-metadata', 'open-registration', 'issuer-in-answer', 'bound-tokens', 'scopes',
] as const;

/** P04: whether the authorization server announces what protects its clients. Of several, the first is judged: clients take it. */
export const probe: Probe = async (scene) => {
  const found = await scene.issuer();
  if (found === undefined) return { checks: allOf(['issuer-metadata', ...OWN], 'not-applicable', 'no authorization server is named') };
  if (!('metadata' in found)) {
    const [outcome, rest] = found.isUnsent ? ['unknown', 'unknown'] as const : ['fail', 'not-applicable'] as const;
    return { checks: [observed('issuer-metadata', outcome, found.missing), ...allOf(OWN, rest, 'there is no metadata')] };
  }
  return judgeMetadata(found.issuer, found.metadata, await scopesOfResource(scene));
};

function judgeMetadata(issuer: string, metadata: JsonObject, resourceScopes: readonly string[]): Seen {
  const said = typeof metadata['issuer'] === 'string' ? metadata['issuer'] : '';
  const methods = textsOf(metadata['code_challenge_methods_supported']);
  const scopes = [...new Set([...textsOf(metadata['scopes_supported']), ...resourceScopes])].slice(0, LIMITS.vendorFactsMax);
  const dpop = isArray(metadata['dpop_signing_alg_values_supported']) && metadata['dpop_signing_alg_values_supported'].length > 0;
  return {
    checks: [
      observed('issuer-metadata', 'pass', issuer),
      judged('issuer-identity', said === issuer || sameUrl(said, issuer), 'it is of the issuer that was asked', `asked for ${issuer}, it is of ${said}`),
      judged('pkce-s256', methods.includes('S256'), 'S256', methods.length === 0 ? 'PKCE is not announced: clients must not go on' : methods.join(', ')),
      judged('pkce-plain', !methods.includes('plain'), 'no plain', 'plain is offered, by which who overhears a request can finish it'),
      httpsOf(metadata), ...registrationOf(metadata),
      judged('issuer-in-answer', metadata['authorization_response_iss_parameter_supported'] === true, 'iss', 'answers do not name their issuer'),
      judged('bound-tokens', dpop, 'DPoP', 'tokens are good for whoever holds them'),
      judged('scopes', scopes.length > 0, `${scopes.length} scopes`, 'no scopes are listed'),
    ],
    facts: {
      pkce: methods, scopes, dpop, clientMetadata: metadata['client_id_metadata_document_supported'] === true,
      dynamicRegistration: metadata['registration_endpoint'] !== undefined,
    } satisfies ProbeFacts,
  };
}

function httpsOf(metadata: JsonObject): Observed {
  const addresses = Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri');
  const plain = addresses.filter(([, value]) => typeof value !== 'string' || !/^https:/i.test(value)).map(([name]) => name);
  if (addresses.length === 0) return observed('issuer-https', 'fail', 'it names no endpoint');
  return judged('issuer-https', plain.length === 0, `${addresses.length} endpoints`, plain.join(', '));
}

function registrationOf(metadata: JsonObject): readonly Observed[] {
  const documents = metadata['client_id_metadata_document_supported'] === true;
  const isOpen = metadata['registration_endpoint'] !== undefined;
  return [
    judged('client-metadata', documents, 'supported', 'not supported: each client has to be registered'),
    judged('open-registration', documents || !isOpen, isOpen ? 'beside metadata documents' : 'not offered', 'the only way, and deprecated'),
  ];
}

async function scopesOfResource(scene: Scene): Promise<readonly string[]> {
  const resource = await scene.resource();
  return 'metadata' in resource ? textsOf(resource.metadata['scopes_supported']) : [];
}
