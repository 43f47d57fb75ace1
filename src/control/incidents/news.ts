import { CONTAINMENT_VERBS } from '../../domain/containment.ts';
import type { ContainmentVerb } from '../../domain/containment.ts';
import { isObject } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import { VERB_KINDS } from '../../incident/contain.ts';

/** What was done because of an incident, as its record says. */
export interface News {
  readonly space: string;
  readonly incident: string;
  readonly at: number;
  readonly by: string;
  readonly event: string;
  /** Id of the containment or run. */
  readonly id: string;
  /** Of a containment: `holds` until it is lifted, `did` keep something from going on, or neither (it tells people, or keeps evidence). */
  readonly contains?: 'holds' | 'did';
  /** Nobody lifted it: its time was over. */
  readonly expired?: true;
  readonly text: string;
}

const EVENTS: ReadonlySet<string> = new Set([
  'containment.applied', 'containment.lifted', 'containment.failed', 'playbook.started', 'playbook.stepped', 'playbook.ended',
]);
const TEXT_CHARS_MAX = 300;

/** Of records of containments and playbooks that name an incident in their detail. */
export function newsOf({ event, space, at, principal, detail }: JsonObject): News | undefined {
  if (typeof event !== 'string' || !EVENTS.has(event) || typeof space !== 'string' || typeof at !== 'number' || !isObject(detail)) return undefined;
  const { incident, id } = detail;
  if (typeof incident !== 'string' || incident === '') return undefined;
  const words = ['verb', 'target', 'of', 'playbook', 'step', 'state', 'outcome'].flatMap((field) => {
    const value = detail[field];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
  const verb = CONTAINMENT_VERBS.find((one) => one === detail['verb']);
  return {
    space, incident, at, by: typeof principal === 'string' ? principal : '', event, id: typeof id === 'string' ? id : '',
    ...(verb !== undefined && event === 'containment.applied' && waysOf(verb)), ...(detail['why'] === 'expired' && { expired: true }),
    text: `${event}: ${words.join(' ')}`.slice(0, TEXT_CHARS_MAX),
  };
}

/** Acts that stop nothing: they tell somebody. */
const TELLING: ReadonlySet<ContainmentVerb> = new Set(['page', 'notify-vendor', 'evidence-bundle']);

function waysOf(verb: ContainmentVerb): Pick<News, 'contains'> {
  const { way } = VERB_KINDS[verb];
  if (way === 'standing') return { contains: 'holds' };
  return way === 'kept' || TELLING.has(verb) ? {} : { contains: 'did' };
}
