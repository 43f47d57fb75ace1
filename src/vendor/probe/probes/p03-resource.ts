import type { JsonObject } from '../../../domain/json.ts';
import { sameUrl } from '../permission.ts';
import type { Observed } from '../result.ts';
import { challengeIn, issuersIn } from '../resource.ts';
import { allOf, factText, judged, observed, textOf } from '../scene.ts';
import type { Probe } from '../scene.ts';

/** P03: whether a client can find out, from a refusal alone, who issues tokens for this resource (RFC 9728). */
export const probe: Probe = async (scene) => {
  const auth = await scene.auth();
  if (auth === undefined || auth === 'none') {
    const checks = allOf(['challenge', 'resource-metadata', 'resource-identity', 'authorization-servers'], auth === undefined ? 'unknown' : 'not-applicable',
      auth === undefined ? 'it answered nothing that could be judged' : 'it asks for no credential');
    return { checks };
  }
  const found = await scene.resource();
  const named = challengeIn(await scene.strangers());
  const challenged = judged('challenge', named !== undefined, 'resource_metadata is named', 'the refusal names no resource_metadata');
  if ('missing' in found) {
    const rest = allOf(['resource-identity', 'authorization-servers'], found.isUnsent ? 'unknown' : 'not-applicable', 'there is no metadata');
    return { checks: [challenged, observed('resource-metadata', found.isUnsent ? 'unknown' : 'fail', found.missing), ...rest] };
  }
  const servers = issuersIn(found.metadata);
  return {
    checks: [challenged, observed('resource-metadata', 'pass', found.places.join(', ')), identityOf(found.metadata, scene.url), serversOf(servers)],
    facts: { issuers: servers.map(factText) },
  };
};

function identityOf(metadata: JsonObject, url: string): Observed {
  const resource = textOf(metadata['resource']) ?? '';
  const bad = `the metadata is of ${resource}: a token for that one would be asked for`;
  return judged('resource-identity', sameUrl(resource, url), 'the resource is this endpoint', bad);
}

function serversOf(servers: readonly string[]): Observed {
  const plain = servers.filter((one) => new URL(one).protocol !== 'https:');
  if (servers.length === 0) return observed('authorization-servers', 'fail', 'it names no authorization server');
  return judged('authorization-servers', plain.length === 0, servers.join(', '), `not by https: ${plain.join(', ')}`);
}
