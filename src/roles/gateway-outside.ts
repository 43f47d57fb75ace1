import { createPlugin } from '../detect/plugin.ts';
import { createRemote } from '../detect/remote.ts';
import type { RemoteSettings } from '../domain/detect.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import { createOutside } from '../gateway/outside.ts';
import type { Link } from '../link/connect.ts';
import { createAddressGuard } from '../upstream/address.ts';
import { createGuardedFetch } from '../upstream/guarded-fetch.ts';

const SECRET_MS = 60_000;

/** Joins what looks at messages outside the path: a judge is reached through the guard for addresses, with a secret that control holds. */
export function joinOutside(control: Link, inForce: InForceKeeper): ReturnType<typeof createOutside> {
  const guard = createAddressGuard();
  const postFor = (space: string, { url, secret, allowPrivate }: RemoteSettings): Parameters<typeof createRemote>[1]['post'] => {
    const privateHosts = new Set(allowPrivate === true ? [new URL(url).hostname] : []);
    const token = secret === undefined ? undefined : tokenOf(control, space);
    return async (body, signal) => {
      const network = inForce.snapshot?.network;
      if (network === undefined) throw new SallyportError('ERR_SNAPSHOT_NONE', 'No policy is in force yet.');
      const send = createGuardedFetch({ guard, network, privateHosts, server: 'the judge', signal });
      const authorization = token === undefined ? {} : { authorization: `Bearer ${await token()}` };
      const headers = { 'content-type': 'application/json', accept: 'application/json', ...authorization };
      const response = await send(url, { method: 'POST', body, headers });
      if (!response.ok) throw new SallyportError('ERR_UPSTREAM_STATUS', 'The judge refuses.');
      return response.text();
    };
  };
  return createOutside({
    remote: (space, settings) => createRemote(settings, { post: postFor(space, settings), now: Date.now }),
    plugin: (settings) => createPlugin(settings),
  });
}

/** Asked for when it is needed and held for a minute; control alone can read it. */
function tokenOf(control: Link, space: string): () => Promise<string> {
  let held: { readonly value: string; readonly until: number } | undefined;
  return async () => {
    if (held !== undefined && Date.now() < held.until) return held.value;
    const answer = await control.call('control.judge-secret', { space });
    const value = isObject(answer) ? answer['value'] : undefined;
    if (typeof value !== 'string') throw new SallyportError('ERR_LINK_FRAME', 'control.judge-secret was answered with something else');
    held = { value, until: Date.now() + SECRET_MS };
    return value;
  };
}
