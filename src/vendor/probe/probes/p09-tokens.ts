import type { CheckId } from '../checks.ts';
import type { Observed } from '../result.ts';
import { allOf, judged, observed } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import { isModern, sessionIn } from '../speak.ts';
import type { Manner, Spoken } from '../speak.ts';
import { forgedToken, unsignedToken } from '../tokens.ts';
import { isSilent } from '../wire.ts';

const ALL = ['token-nonsense', 'token-unsigned', 'token-forged', 'token-audience', 'token-expired', 'token-query'] as const;

/** P09: whether tokens that are not for it are refused. Only with consent: somebody's alarms may ring. */
export const probe: Probe = async (scene) => {
  const auth = await scene.auth();
  const { accounts, permission, url, now } = scene;
  if (auth === 'none') return { checks: allOf(ALL, 'not-applicable', 'it asks for no credential') };
  if (auth === undefined) return { checks: allOf(ALL, 'unknown', 'it answered nothing that could be judged') };
  if (!permission.consents.includes('tokens')) return { checks: allOf(ALL, 'unknown', 'the permission has no consent to tokens') };
  const found = await scene.issuer();
  const issuer = found !== undefined && 'issuer' in found ? found.issuer : new URL(url).origin;
  const claims = { issuer, audience: url, now };
  return {
    checks: [
      await refuses(scene, 'token-nonsense', { token: `sallyport-probe-${crypto.randomUUID()}` }),
      await refuses(scene, 'token-unsigned', { token: unsignedToken(claims) }),
      await refuses(scene, 'token-forged', { token: forgedToken(claims) }),
      await refusesGiven(scene, 'token-audience', accounts.foreign, 'no token for another resource was given'),
      await refusesGiven(scene, 'token-expired', accounts.expired, 'no expired token was given'),
      await inQuery(scene),
    ],
  };
};

async function refusesGiven(scene: Scene, check: CheckId, token: string | undefined, without: string): Promise<Observed> {
  return token === undefined ? observed(check, 'unknown', without) : refuses(scene, check, { token });
}

/** The account is the vendor's own, made for tests: what its logs keep of it opens nothing else. */
async function inQuery(scene: Scene): Promise<Observed> {
  const { token } = scene.accounts;
  if (token === undefined) return observed('token-query', 'unknown', 'there is no test account');
  const place = await scene.wire.handshake(scene.url);
  if (typeof place === 'string' || place.distrust !== undefined) return observed('token-query', 'unknown', 'a token is shown only over TLS that is trusted');
  return refuses(scene, 'token-query', { url: `${scene.url}?access_token=${encodeURIComponent(token)}` });
}

async function refuses({ speaker }: Scene, check: CheckId, manner: Manner): Promise<Observed> {
  const modern = await speaker.modern('server/discover', {}, manner);
  const hello = await speaker.hello(manner);
  const session = sessionIn(hello);
  if (session !== undefined) await speaker.end(session, manner.token);
  if (isModern(modern) || session !== undefined) return observed(check, 'fail', 'it is let in');
  const refused = [modern, hello].find(({ isRefused }) => isRefused);
  return refused === undefined ? observed(check, 'unknown', whyNot(modern)) : judged(check, true, 'refused', '');
}

function whyNot({ answer }: Spoken): string {
  return isSilent(answer) ? answer.silence : `an answer with status ${answer.status} that says neither`;
}
