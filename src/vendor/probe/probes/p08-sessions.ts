import { LIMITS } from '../../../domain/limits.ts';
import type { Observed } from '../result.ts';
import { allOf, behindDoor, judged, observed } from '../scene.ts';
import type { Entry, Probe, Scene } from '../scene.ts';
import { judgeIds } from '../session-ids.ts';
import { sessionIn } from '../speak.ts';
import type { Session } from '../speak.ts';
import { isSilent } from '../wire.ts';

const ALL = ['session-length', 'session-distinct', 'session-random', 'session-authority', 'session-bound'] as const;

/** P08: whether a session id can be guessed, or opens anything by itself. Each session that is opened is closed again. */
export const probe: Probe = async (scene) => {
  const entry = await scene.entry();
  const { legacy, modern, token } = entry;
  if (legacy === undefined) {
    const outcome = modern === undefined ? 'unknown' : 'not-applicable';
    return { checks: allOf(ALL, outcome, modern === undefined ? await behindDoor(scene) : 'it has no handshake, so no sessions') };
  }
  if (legacy.id === undefined) return { checks: allOf(ALL, 'not-applicable', 'it gives no session ids') };
  const ids: string[] = [];
  for (let at = 0; at < LIMITS.vendorSessionSamples; at += 1) {
    const session = sessionIn(await scene.speaker.hello({ token }));
    if (session?.id === undefined) continue;
    ids.push(session.id);
    await scene.speaker.end(session, token);
  }
  return { checks: [...judgeIds(ids), await authority(scene, entry, legacy), await bound(scene, entry, legacy)] };
};

async function authority({ speaker }: Scene, { token }: Entry, session: Session): Promise<Observed> {
  if (token === undefined) return observed('session-authority', 'not-applicable', 'nobody needs a credential here');
  const { answer, result, isRefused } = await speaker.legacy('tools/list', {}, session);
  if (isSilent(answer)) return observed('session-authority', 'unknown', answer.silence);
  if (result !== undefined) return observed('session-authority', 'fail', 'the list comes to whoever has the session id, without a token');
  return judged('session-authority', isRefused, 'refused', `not refused as a credential is: ${answer.status}`);
}

async function bound({ speaker, accounts }: Scene, { token }: Entry, session: Session): Promise<Observed> {
  if (token === undefined) return observed('session-bound', 'not-applicable', 'nobody needs a credential here');
  if (accounts.other === undefined) return observed('session-bound', 'unknown', 'there is no second test account');
  const { answer, result } = await speaker.legacy('tools/list', {}, session, { token: accounts.other });
  if (isSilent(answer)) return observed('session-bound', 'unknown', answer.silence);
  return judged('session-bound', result === undefined, `refused: ${answer.status}`, 'another account goes on with the session');
}
