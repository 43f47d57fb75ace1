import type { Confidentiality, Labels } from '../../domain/server.ts';
import { CONFIDENTIALITIES } from '../../domain/server.ts';
import type { Origin } from './memory.ts';

/**
 * What a person decided about one context. `endorse`: this value may be a destination of that sink (`upTo`: as long as the context
 * carries nothing more confidential, for that is what they knew of when they let a call go there). `declassify`: what comes
 * from there counts, towards that sink, as no more than this.
 */
export type Pass =
  | { readonly kind: 'endorse'; readonly digest: string; readonly sink: string; readonly until: number; readonly upTo?: Confidentiality }
  | { readonly kind: 'declassify'; readonly source: string; readonly sink: string; readonly to: Confidentiality; readonly until: number };

/** Whether a sink is meant: a tool as `<server>/<tool>`, or all of a server. */
function isMeant(pass: Pass, { server, tool }: { readonly server: string; readonly tool: string }): boolean {
  return pass.sink === server || pass.sink === `${server}/${tool}`;
}

/** Last: what the context carries now. */
export function vouchedFor(
  digest: string, passes: readonly Pass[], sink: { readonly server: string; readonly tool: string }, { confidentiality }: Pick<Labels, 'confidentiality'>,
): boolean {
  const isKnown = (upTo: Confidentiality = 'restricted'): boolean => CONFIDENTIALITIES.indexOf(confidentiality) <= CONFIDENTIALITIES.indexOf(upTo);
  return passes.some((pass) => pass.kind === 'endorse' && pass.digest === digest && isMeant(pass, sink) && isKnown(pass.upTo));
}

/** What an origin counts as towards a sink, where somebody lowered it. Integrity is never raised by that. */
export function passFor({ source, labels }: Origin, passes: readonly Pass[], sink: { readonly server: string; readonly tool: string }): Labels | undefined {
  const lowest = passes.flatMap((pass) => {
    const applies = pass.kind === 'declassify' && isMeant(pass, sink) && (pass.source === source || source.startsWith(`${pass.source}/`));
    return applies ? [CONFIDENTIALITIES.indexOf(pass.to)] : [];
  });
  if (lowest.length === 0) return undefined;
  const rank = Math.min(CONFIDENTIALITIES.indexOf(labels.confidentiality), ...lowest);
  return { ...labels, confidentiality: CONFIDENTIALITIES[rank] ?? labels.confidentiality, categories: [] };
}
