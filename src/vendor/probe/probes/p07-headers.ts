import type { Observed } from '../result.ts';
import { allOf, behindDoor, judged, observed } from '../scene.ts';
import type { Probe } from '../scene.ts';
import type { Spoken } from '../speak.ts';
import { isSilent } from '../wire.ts';

/** P07: whether what stands between can trust the headers. Only revisions since 2026-07-28 have them. */
export const probe: Probe = async (scene) => {
  const { modern, legacy, token } = await scene.entry();
  if (modern === undefined) {
    const both = ['header-mismatch', 'header-missing'] as const;
    if (legacy === undefined) return { checks: allOf(both, 'unknown', await behindDoor(scene)) };
    return { checks: allOf(both, 'not-applicable', 'it speaks no revision that has them') };
  }
  const other = await scene.speaker.modern('server/discover', {}, { token, headers: { 'mcp-method': 'tools/list' } });
  const none = await scene.speaker.modern('server/discover', {}, { token, headers: { 'mcp-method': '' } });
  return { checks: [refusedAs('header-mismatch', other), refusedAs('header-missing', none)] };
};

function refusedAs(check: 'header-mismatch' | 'header-missing', { answer, result, error }: Spoken): Observed {
  if (isSilent(answer)) return observed(check, 'unknown', answer.silence);
  if (result !== undefined) return observed(check, 'fail', 'it is answered all the same');
  const isGood = answer.status === 400 && error?.code === -32_020;
  return judged(check, isGood, '400, -32020', `refused with ${answer.status} and ${error?.code ?? 'no error of the protocol'}, not as the protocol says`);
}
