import type { Observed } from '../result.ts';
import { allOf, behindDoor, judged, observed } from '../scene.ts';
import type { Entry, Probe, Scene } from '../scene.ts';
import { isModern, sessionIn } from '../speak.ts';
import type { Spoken } from '../speak.ts';
import { isSilent } from '../wire.ts';

/** A name that cannot exist (RFC 2606): no server knows it. */
const FOREIGN = 'foreign-page.invalid';
const PAGE = `https://${FOREIGN}`;
const GUISES = { 'foreign-origin': { origin: PAGE }, 'foreign-host': { host: FOREIGN } } as const;

/** P06: whether a page of somebody else's, or a rebound name, gets what its visitor may get. */
export const probe: Probe = async (scene) => {
  const entry = await scene.entry();
  const cors = await crossOrigin(scene);
  if (entry.modern === undefined && entry.legacy === undefined) {
    return { checks: [...allOf(['foreign-origin', 'foreign-host'], 'unknown', await behindDoor(scene)), cors] };
  }
  return { checks: [await refuses(scene, entry, 'foreign-origin'), await refuses(scene, entry, 'foreign-host'), cors] };
};

/** In every era that it speaks: each may have its own guard. */
async function refuses({ speaker }: Scene, { modern, legacy, token }: Entry, check: keyof typeof GUISES): Promise<Observed> {
  const headers = GUISES[check];
  const answers: Spoken[] = [];
  if (modern !== undefined) answers.push(await speaker.modern('server/discover', {}, { token, headers }));
  if (legacy !== undefined) {
    const hello = await speaker.hello({ token, headers });
    const session = sessionIn(hello);
    if (session !== undefined) await speaker.end(session, token);
    answers.push(hello);
  }
  const silent = answers.map(({ answer }) => answer).find((answer) => isSilent(answer) && answer.why !== 'closed');
  if (silent !== undefined && isSilent(silent)) return observed(check, 'unknown', silent.silence);
  const isServed = answers.some((spoken) => isModern(spoken) || sessionIn(spoken) !== undefined);
  return judged(check, !isServed, `refused: ${answers.map(statusOf).join(', ')}`, `it answers ${Object.entries(headers).flat().join(' ')} as it answers us`);
}

function statusOf({ answer }: Spoken): string {
  return isSilent(answer) ? answer.silence : String(answer.status);
}

/** As a browser asks before it sends what is not simple, and as it judges what came back. */
async function crossOrigin({ wire, url }: Scene): Promise<Observed> {
  const ahead = await wire.ask({
    method: 'OPTIONS', url, headers: { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,authorization' },
  });
  if (isSilent(ahead)) return observed('cors', 'unknown', ahead.silence);
  const allowed = ahead.headers.get('access-control-allow-origin');
  const withCredentials = ahead.headers.get('access-control-allow-credentials')?.trim().toLowerCase() === 'true';
  const isOpen = withCredentials && (allowed === '*' || allowed === PAGE || allowed === 'null');
  return judged('cors', !isOpen, allowed === null ? 'no foreign page may read' : `${allowed}, without credentials`, `${allowed ?? ''} with credentials`);
}
