import { quote } from '../../audit/query/rewrite.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { showHidden } from '../../domain/hidden.ts';
import { pathsIn, type FlowStep } from '../flow/paths.ts';
import { time } from './view.ts';
import type { Approval } from './words.ts';

const SAYS = {
  trusted: 'a destination that is known', unknown: 'a destination that nobody vouches for', untrusted: 'a destination that came with what anybody may write',
} as const;

/**
 * Where the values of a call come from, as lines that people read: by argument as the gateway saw it, and the answers by which they
 * came in as the records have them. Empty where nothing flowed, or nothing is known of it.
 */
export async function pathOf(control: Control, approval: Approval): Promise<readonly string[]> {
  const { provenance } = approval.body;
  if (provenance === undefined) return [];
  const places = (provenance.places ?? []).map(({ at, destination, from }) => {
    const parts = [...(destination === undefined ? [] : [SAYS[destination]]), ...(from.length === 0 ? [] : [`from ${from.join(', ')}`])];
    return `${at}: ${parts.join(', ')}`;
  });
  const named = new Set((provenance.places ?? []).flatMap(({ from }) => from));
  const others = provenance.flowsFrom.filter((source) => source.includes('/') && !named.has(source)).map((source) => `something of it: from ${source}`);
  return [...places, ...others, ...(places.length + others.length > 0 ? await sourcesOf(control, approval) : [])].map(showHidden);
}

/** The records are beside what is signed for: without them the path is shorter, and not wrong. */
async function sourcesOf(control: Control, { space, body: { flow, exchange } }: Approval): Promise<readonly string[]> {
  const found = await control.ledger.search({
    space, question: `context = ${quote(flow)}`, now: control.now(), order: 'newest', limit: LIMITS.queryRecordsMax,
  }).catch(() => undefined);
  if (found === undefined) return ['(the records could not be read: how the values came in is not shown)'];
  const step = pathsIn(found.entries.toReversed().map(({ record }) => record)).find((one) => one.exchange === exchange);
  return (step?.sources ?? []).map(tell);
}

function tell({ source, exchange, at, carried }: FlowStep['sources'][number]): string {
  const when = at === undefined ? '' : `, ${time(at)}`;
  return `${source} came in${when}${exchange === undefined ? '' : ` (exchange ${exchange})`}${carried === '' ? '' : `, carrying ${carried}`}`;
}
