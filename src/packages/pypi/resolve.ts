import { LIMITS } from '../../domain/limits.ts';
import { eachOf } from '../ask.ts';
import { packageFault } from '../fault.ts';
import { markerHolds } from './marker.ts';
import type { PyIndex, Wheel } from './project.ts';
import type { Requirement } from './requirement.ts';
import { isIn } from './version.ts';
import { markersOf } from './wheel-name.ts';
import type { Interpreter } from './wheel-name.ts';

const AT_ONCE = 8;

/** What a wheel says that it needs: `Requires-Dist` of its METADATA. */
export type ReadRequirements = (wheel: Wheel) => Promise<readonly Requirement[]>;

/**
 * The wheels of one package and everything it needs, newest first. What is chosen is chosen anew until all demands of what is
 * chosen hold at once; where only an older version of something else would resolve a conflict, it is refused, not searched for.
 * Throws `ERR_PACKAGE_*`.
 */
export async function resolvePypi(
  roots: readonly Requirement[], index: PyIndex, interpreter: Interpreter, requirementsOf: ReadRequirements,
): Promise<readonly Wheel[]> {
  const chosen = new Map<string, Wheel>();
  for (let changes = 0; changes <= LIMITS.packageRoundsMax; changes += 1) {
    const demands = await demandsOf(roots, chosen, interpreter, requirementsOf);
    if (demands.size > LIMITS.packageTreeMax) break;
    const open = [...demands].filter(([name, all]) => {
      const wheel = chosen.get(name);
      return wheel === undefined || !all.every(({ clauses }) => isIn(wheel.version, clauses));
    });
    if (open.length === 0) return [...demands.keys()].toSorted().flatMap((name) => chosen.get(name) ?? []);
    const wheels = await eachOf(open, AT_ONCE, ([name, all]) => index.choose(name, all));
    for (const wheel of wheels) chosen.set(wheel.name, wheel);
    // Fetched at once; what they need is then read one by one.
    await eachOf(wheels, AT_ONCE, requirementsOf);
  }
  throw packageFault('ERR_PACKAGE_UNSUPPORTED', `pypi:${roots[0]?.name ?? ''}`, 'what it needs contradicts itself, or is too much');
}

interface Demand {
  readonly requirement: Requirement;
  /** The extra of the package that asks for it. */
  readonly extra: string;
  readonly by: string;
}

/** Every package that is needed by the roots and what is chosen for them, with all that is asked of it. */
async function demandsOf(
  roots: readonly Requirement[], chosen: ReadonlyMap<string, Wheel>, interpreter: Interpreter, requirementsOf: ReadRequirements,
): Promise<ReadonlyMap<string, readonly Requirement[]>> {
  const demands = new Map<string, Requirement[]>();
  const seen = new Set<string>();
  const queue: Demand[] = roots.map((requirement) => ({ requirement, extra: '', by: '' }));
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    const { requirement, extra, by } = item;
    if (!applies(requirement, extra, by, interpreter)) continue;
    const all = demands.get(requirement.name) ?? [];
    if (!all.includes(requirement)) all.push(requirement);
    demands.set(requirement.name, all);
    const wheel = chosen.get(requirement.name);
    if (wheel === undefined) continue;
    for (const wanted of ['', ...requirement.extras]) {
      const key = `${requirement.name}[${wanted}]`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const inner of await requirementsOf(wheel)) queue.push({ requirement: inner, extra: wanted, by: requirement.name });
    }
  }
  return demands;
}

function applies({ marker, name }: Requirement, extra: string, by: string, interpreter: Interpreter): boolean {
  if (marker === undefined) return true;
  const holds = markerHolds(marker, markersOf(interpreter, extra));
  if (holds === undefined) throw packageFault('ERR_PACKAGE_UNSUPPORTED', `pypi:${by}`, `it needs ${name} under a condition that cannot be read`);
  return holds;
}
