import type { JsonObject } from '../../src/domain/json.ts';
import { parseManifestText } from '../../src/registry/manifest-text.ts';
import type { Control } from '../../src/redteam/controls.ts';
import { judge } from '../../src/redteam/judge.ts';
import type { ScenarioResult } from '../../src/redteam/outcome.ts';
import { play } from '../../src/redteam/play.ts';
import type { Scenario } from '../../src/redteam/scenario.ts';
import { shippedScenarios } from '../../src/redteam/scenarios/table.ts';
import type { Stage } from '../../src/redteam/stage.ts';
import { openRange, type Range } from '../../src/roles/range/range.ts';
import { stageOn } from '../../src/roles/range/stage.ts';

/** The scenarios that ship. */
export const SHIPPED = shippedScenarios(parseManifestText);

/** One range for many scenarios: each has servers, agents and so contexts of its own. */
export interface Rehearsing {
  /** Against the shipped defaults, less a control where one is named. */
  rehearse(scenario: Scenario, less?: Control): Promise<ScenarioResult>;
  stop(): Promise<void>;
}

export async function startRehearsing(): Promise<Rehearsing> {
  const range = await openRange();
  let runs = 0;
  return {
    stop: () => range.stop(),
    async rehearse(scenario, less) {
      runs += 1;
      const from = await nextPosition(range);
      const operator = less?.off.by === 'operator' ? 'blind' : 'careful';
      const played = await play(scenario, stageLess(range, less), { seed: 'the suite', run: String(runs), operator });
      return judge(scenario, played, await range.records(from));
    },
  };
}

async function nextPosition(range: Range): Promise<number> {
  const { records } = await range.admin('GET', '/audit/records?order=newest&limit=1');
  const [last] = Array.isArray(records) ? records : [];
  const position: unknown = typeof last === 'object' ? last.position : undefined;
  return typeof position === 'number' ? position + 1 : 0;
}

function stageLess(range: Range, less: Control | undefined): Stage {
  const settings: JsonObject = less?.off.by === 'manifest' ? less.off.patch : {};
  const stage = stageOn(range, settings);
  return less?.off.by === 'permits' ? permissive(stage) : stage;
}

/** Everything is permitted to everybody. */
function permissive(stage: Stage): Stage {
  return { ...stage, arrange: ({ servers }) => stage.arrange({ servers, policy: 'permit(principal, action, resource);' }) };
}
