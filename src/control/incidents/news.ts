import type { ContainmentVerb } from '../../domain/containment.ts';
import { isObject } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';

/** What was done because of an incident, as its record says. */
export interface News {
  readonly space: string;
  readonly incident: string;
  readonly at: number;
  readonly by: string;
  readonly event: string;
  /** Id of the containment or run. */
  readonly id: string;
  readonly text: string;
  /** It stops, narrows or takes away something; a page that was sent and evidence that is kept do not. */
  readonly contains: boolean;
}

const EVENTS: ReadonlySet<string> = new Set([
  'containment.applied', 'containment.lifted', 'containment.failed', 'playbook.started', 'playbook.stepped', 'playbook.ended',
]);
const KEEPS: ReadonlySet<string> = new Set(['legal-hold', 'evidence-bundle', 'notify-vendor', 'page'] satisfies readonly ContainmentVerb[]);
const TEXT_CHARS_MAX = 300;

/** Of records of containments and playbooks that name an incident in their detail. */
export function newsOf({ event, space, at, principal, detail }: JsonObject): News | undefined {
  if (typeof event !== 'string' || !EVENTS.has(event) || typeof space !== 'string' || typeof at !== 'number' || !isObject(detail)) return undefined;
  const { incident, id } = detail;
  if (typeof incident !== 'string' || incident === '') return undefined;
  const words = ['verb', 'target', 'name', 'playbook', 'step', 'state', 'outcome'].flatMap((field) => {
    const value = field === 'target' && isObject(detail['scope']) ? detail['scope']['target'] : detail[field];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
  return {
    space, incident, at, by: typeof principal === 'string' ? principal : '', event, id: typeof id === 'string' ? id : '',
    contains: !KEEPS.has(String(detail['verb'])), text: `${event}: ${words.join(' ')}`.slice(0, TEXT_CHARS_MAX),
  };
}
