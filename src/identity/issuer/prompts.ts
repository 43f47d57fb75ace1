import { interactionPolicy, type Configuration } from 'oidc-provider';
import type { IssuerParts } from './parts.ts';

/** Sign-ins that cannot be phished (OpenID Connect EAP ACR values). */
const STRONG = ['phr', 'phrh'];

type Policy = NonNullable<NonNullable<Configuration['interactions']>['policy']>;

/** When a person is asked: whenever the provider would, and where its own memory of them is not enough. */
export function promptsOf(parts: IssuerParts): Policy {
  const { base, Check } = interactionPolicy;
  const policy = base();
  policy.get('login')?.checks.add(new Check('signed_out', 'the person is not signed in at the door any more', 'login_required', async ({ req, oidc }) => {
    const account = oidc.session?.accountId;
    if (account === undefined || oidc.result?.login !== undefined) return Check.NO_NEED_TO_PROMPT;
    return await parts.isSignedIn(req.headers.cookie ?? '', account) ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  }));
  policy.get('login')?.checks.add(new Check('acr', 'a sign-in that cannot be phished is asked for', 'login_required', ({ oidc }) => {
    const asked = textOf(oidc.params?.['acr_values']).split(' ').filter((acr) => acr !== '');
    const isStrong = STRONG.includes(oidc.result?.login?.acr ?? oidc.session?.acr ?? '');
    return asked.length > 0 && asked.every((acr) => STRONG.includes(acr)) && !isStrong ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  }));
  policy.get('login')?.checks.add(new Check('recent', 'the sign-in is too long ago for what is asked for', 'login_required', async ({ oidc }) => {
    const { reserved } = await parts.findResource(textOf(oidc.params?.['resource'])) ?? {};
    const isOld = reserved !== undefined && oidc.session?.past(reserved.signInMaxMs / 1000) === true;
    return isOld && oidc.result?.login === undefined ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
  }));
  // Any program of a computer can listen there and call itself by a client's name (RFC 8252 section 8.6): its owner says yes each time.
  policy.get('consent')?.checks.add(new Check('not_a_site', 'the answer goes to no site', 'interaction_required', ({ oidc }) => {
    const redirect = textOf(oidc.params?.['redirect_uri']);
    return redirect.startsWith('https:') || oidc.result?.consent !== undefined ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
  }));
  return policy;
}

function textOf(parameter: unknown): string {
  return typeof parameter === 'string' ? parameter : '';
}
