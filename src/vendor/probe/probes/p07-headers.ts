import type { Observed } from '../result.ts';
import { allOf, behindDoor, judged, observed } from '../scene.ts';
import type { Probe } from '../scene.ts';
import type { Spoken } from '../speak.ts';
import { isSilent } from '../wire.ts';

/** P07: whether what stands between can trust the headers. Only revisions since 2026-07-28 have them. */
export const probe: Probe = async (scene) => {
  const { modern, legacy, token } = await scene.entry();
  if (modern === undefined) {
    const [outcome, why] = legacy === undefined ? ['unknown', await behindDoor(scene)] as const : ['not-applicable', 'it speaks no revision that has them'] as const;
    return { checks: allOf(['header-mismatch', 'header-missing'], outcome, why) };
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
