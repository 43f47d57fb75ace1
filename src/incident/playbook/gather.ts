import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Playbook } from './form.ts';
import { invalid } from './graph.ts';
import type { Playbooks } from './progress.ts';

/**
 * A playbook with all that it calls, as they are now: a run keeps to these whatever is imported meanwhile. Throws
 * `ERR_PLAYBOOK_INVALID` for one that is not here, is of another version, calls itself, or comes to too much.
 */
export async function gather(root: Playbook, find: (id: string) => Promise<Playbook | undefined>, now: number): Promise<Playbooks> {
  const found = new Map<string, Playbook>();
  const sizes = new Map<string, number>();
  const visit = async (playbook: Playbook, way: readonly string[]): Promise<number> => {
    if (way.includes(playbook.id)) throw invalid(playbook.id, 'calls itself, by way of what it calls');
    if (way.length >= LIMITS.playbookDepthMax) throw invalid(playbook.id, 'is called too deep');
    needValid(playbook, now);
    found.set(playbook.id, playbook);
    let size = Object.keys(playbook.workflow).length;
    for (const [id, step] of Object.entries(playbook.workflow)) {
      if (step.type !== 'playbook-action') continue;
      const place = `workflow.${id}`;
      const called = await find(step.playbook_id);
      if (called === undefined) throw invalid(`${place}.playbook_id`, `${step.playbook_id} is not here`, 'Import it first.');
      if (step.playbook_version !== undefined && step.playbook_version !== called.modified) {
        throw invalid(`${place}.playbook_version`, `wants the version of ${step.playbook_version}; the one here is of ${called.modified}`);
      }
      checkArguments(place, step.in_args, called);
      checkArguments(place, step.out_args, called);
      size += sizes.get(called.id) ?? await visit(called, [...way, playbook.id]);
      if (size > LIMITS.playbookStepsInAllMax) throw invalid(playbook.id, `comes to more than ${LIMITS.playbookStepsInAllMax} steps with all that it calls`);
    }
    sizes.set(playbook.id, size);
    return size;
  };
  await visit(root, []);
  return found;
}

/** Variables are handed over by their names. */
function checkArguments(place: string, names: readonly string[] | undefined, { playbook_variables: declared = {}, id }: Playbook): void {
  const unknown = names?.find((name) => declared[name] === undefined);
  if (unknown !== undefined) throw invalid(place, `hands ${unknown} to ${id}, which does not declare it`);
}

function needValid({ id, revoked, valid_from: from, valid_until: until }: Playbook, now: number): void {
  const problem = revoked === true ? 'was revoked by who made it'
    : from !== undefined && Date.parse(from) > now ? `is not valid before ${from}`
      : until !== undefined && Date.parse(until) <= now ? `was valid until ${until}` : undefined;
  if (problem !== undefined) throw new SallyportError('ERR_PLAYBOOK_STATE', `the playbook ${id} ${problem}`, { remedy: 'Import a version that is valid.' });
}
