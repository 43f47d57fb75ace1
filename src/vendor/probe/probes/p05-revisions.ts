import { LIMITS } from '../../../domain/limits.ts';
import type { Observed, ProbeFacts } from '../result.ts';
import { allOf, behindDoor, judged, observed, softwareOf } from '../scene.ts';
import type { Entry, Probe, Scene } from '../scene.ts';
import { isModern, revisionsIn, sessionIn } from '../speak.ts';
import { isSilent } from '../wire.ts';

/** A revision that never was, and a draft that common SDKs still agree to. */
const NEVER = '1999-01-01';
const DRAFT = '2024-10-07';

/** P05: which revisions it speaks, how it refuses others, and whether the first transport is still on. */
export const probe: Probe = async (scene) => {
  const entry = await scene.entry();
  const { modern, legacy, hello } = entry;
  const sse = await firstTransport(scene, entry);
  if (modern === undefined && legacy === undefined) {
    return {
      checks: [...allOf(['current-revision', 'version-error', 'old-revision'], 'unknown', await behindDoor(scene)), sse],
      ...(sse.outcome === 'fail' ? { facts: { transports: ['http+sse'] } } : {}),
    };
  }
  const spoken = [...(modern === undefined ? [] : revisionsIn(modern)), ...(legacy === undefined ? [] : [legacy.revision])];
  const revisions = [...new Set(spoken)].toSorted().toReversed();
  const current = scene.knowledge.revisions.find(({ isCurrent }) => isCurrent)?.revision ?? '';
  const software = softwareOf({ modern, hello });
  const advisories = software === undefined ? [] : scene.knowledge.advisoriesOf(software.name, software.version).slice(0, LIMITS.vendorFactsMax);
  return {
    checks: [
      judged('current-revision', revisions.includes(current), revisions.join(', '), `it speaks ${revisions.join(', ')}, not ${current}`),
      await versionError(scene, entry), await oldRevision(scene, entry), sse,
    ],
    facts: {
      revisions, transports: ['streamable-http', ...(sse.outcome === 'fail' ? ['http+sse' as const] : [])], advisories,
      ...(software === undefined ? {} : { software }),
    } satisfies ProbeFacts,
  };
};

async function versionError({ speaker }: Scene, { modern, token }: Entry): Promise<Observed> {
  if (modern === undefined) return observed('version-error', 'not-applicable', 'it speaks no revision that has this error');
  const spoken = await speaker.modern('server/discover', {}, { token, revision: NEVER });
  if (isSilent(spoken.answer)) return observed('version-error', 'unknown', spoken.answer.silence);
  const isGood = spoken.error?.code === -32_022 && isModern(spoken);
  const what = spoken.error === undefined ? (spoken.result === undefined ? 'no message' : 'a result') : `error ${spoken.error.code ?? 'without a code'}`;
  return judged('version-error', isGood, '-32022 with a list', `asked for ${NEVER}, it answers ${spoken.answer.status} with ${what}`);
}

/** It may offer another revision; to agree to one that is none is a downgrade. */
async function oldRevision({ speaker, knowledge }: Scene, { legacy, token }: Entry): Promise<Observed> {
  if (legacy === undefined) return observed('old-revision', 'not-applicable', 'it has no handshake');
  for (const revision of [NEVER, DRAFT]) {
    const session = sessionIn(await speaker.hello({ token, revision }));
    if (session === undefined) continue;
    await speaker.end(session, token);
    const isKnown = knowledge.revisions.some((one) => one.revision === session.revision);
    if (!isKnown) return observed('old-revision', 'fail', `asked for ${revision}, it agrees to ${session.revision}`);
  }
  return observed('old-revision', 'pass', 'it offers one of its own instead');
}

/** The stream of 2024-11-05, at the endpoint and at the place where it usually is beside it. */
async function firstTransport({ wire, url }: Scene, { token }: Entry): Promise<Observed> {
  const beside = new URL(url);
  beside.pathname = beside.pathname.replace(/[^/]*$/, 'sse');
  let unseen: string | undefined;
  for (const place of new Set([url, beside.href])) {
    const answer = await wire.ask({ method: 'GET', url: place, headers: { accept: 'text/event-stream' }, ...(token === undefined ? {} : { token }) });
    if (isSilent(answer)) {
      unseen = answer.silence;
      continue;
    }
    if (answer.event === 'endpoint') return observed('http-sse', 'fail', `${new URL(place).pathname} opens it`);
    if (answer.status === 401 || answer.status === 403) unseen = 'it wants a credential';
  }
  return unseen === undefined ? observed('http-sse', 'pass', 'it is off') : observed('http-sse', 'unknown', unseen);
}
