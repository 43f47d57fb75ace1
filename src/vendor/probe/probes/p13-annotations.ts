import type { Observed } from '../result.ts';
import { allOf, behindDoor, factText, judged } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import { nameOf } from '../tool-list.ts';

/** P13: whether a tool's own words contradict its hints: those decide what agents do without asking. */
export const probe: Probe = async (scene) => {
  const list = await scene.tools();
  if (list === undefined) return { checks: allOf(['read-only-hint', 'destructive-hint'], 'unknown', await behindDoor(scene)) };
  return {
    checks: [
      judgeAll(scene, 'read-only-hint', 'annotations/read-only', list.tools), judgeAll(scene, 'destructive-hint', 'annotations/not-destructive', list.tools),
    ],
  };
};

type Tools = NonNullable<Awaited<ReturnType<Scene['tools']>>>['tools'];

function judgeAll({ knowledge }: Scene, check: 'read-only-hint' | 'destructive-hint', finding: string, tools: Tools): Observed {
  const lying = tools.filter((tool) => knowledge.judge(tool).includes(finding)).map((tool) => factText(nameOf(tool)));
  return judged(check, lying.length === 0, `${tools.length} tools`, lying.slice(0, 5).join(', '));
}
