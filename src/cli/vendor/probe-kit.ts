import { lookup, resolveCaa } from 'node:dns/promises';
import { createInspector } from '../../detect/inspect.ts';
import { DETECTORS } from '../../detect/table.ts';
import { createPacer } from '../../discover/network/pace.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import { refusalOf } from '../../upstream/address-class.ts';
import type { Permission } from '../../vendor/probe/permission.ts';
import type { ProbeRun } from '../../vendor/probe/run.ts';
import type { ProbeKnowledge } from '../../vendor/probe/scene.ts';

const inspect = createInspector(DETECTORS);
const LEAST = SEVERITIES.indexOf('medium');
/** Where the software of servers comes from: the name that one gives itself is looked up in each. */
const ECOSYSTEMS = ['npm', 'pypi', 'go', 'cargo', 'nuget'] as const;

/** What a probe knows of the world: the tables that age, the detectors of definitions, DNS. */
export function probeKnowledge(knowledge: Pick<Knowledge, 'endOfLife' | 'affectedBy'>): ProbeKnowledge {
  return {
    revisions: knowledge.endOfLife.revisions,
    advisoriesOf: (name, version) => [...new Set(ECOSYSTEMS.flatMap((ecosystem) => knowledge.affectedBy(ecosystem, name, version)))],
    judge: judgeOnce(),
    caaOf: async (name) => (await resolveCaa(name)).length,
  };
}

/** Several probes ask about the same definitions. */
function judgeOnce(): ProbeKnowledge['judge'] {
  const judged = new WeakMap<JsonObject, readonly string[]>();
  return (tool) => {
    const found = judged.get(tool) ?? judgeTool(tool);
    judged.set(tool, found);
    return found;
  };
}

function judgeTool(tool: JsonObject): readonly string[] {
  const name = typeof tool['name'] === 'string' ? tool['name'] : '';
  const { findings, incomplete } = inspect({ facet: 'definition', json: tool, at: '', server: 'vendor', name });
  return [...findings, ...(incomplete === undefined ? [] : [incomplete])]
    .filter(({ severity }) => SEVERITIES.indexOf(severity) >= LEAST).map(({ detector, rule }) => `${detector}/${rule}`);
}

/** How a run reaches what it asks: names by DNS, addresses judged as those of servers are, turns at the pace that the permission allows. */
export function probeReach({ perSecond }: Pick<Permission, 'perSecond'>): Pick<ProbeRun, 'resolve' | 'refusalOf' | 'turn'> {
  return {
    resolve: async (name) => (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address),
    refusalOf: (address, allowed) => refusalOf(address, { internal: allowed, isInternalName: false, allowPrivate: false }),
    turn: createPacer({ perSecond: perSecond * 4, perHostPerSecond: perSecond }, { now: () => performance.now(), sleep: (ms) => Bun.sleep(ms) }),
  };
}
