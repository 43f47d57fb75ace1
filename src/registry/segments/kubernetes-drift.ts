import canonicalize from 'canonicalize';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { drift } from './drift.ts';
import type { SegmentDrift } from './drift.ts';
import { MANAGED_BY } from './kubernetes.ts';
import type { NetworkPolicy } from './kubernetes.ts';

const LABELS = z.record(z.string(), z.string()).default({});
const SELECTOR = z.looseObject({ matchLabels: LABELS, matchExpressions: z.array(z.unknown()).default([]) });
const SPEC = z.looseObject({
  podSelector: SELECTOR.default({ matchLabels: {}, matchExpressions: [] }), policyTypes: z.array(z.string()).default([]),
  ingress: z.array(z.json()).default([]), egress: z.array(z.json()).default([]),
});
const POLICY = z.looseObject({ metadata: z.looseObject({ name: z.string(), namespace: z.string(), labels: LABELS }), spec: SPEC });
type Observed = z.infer<typeof POLICY>;
const LIST = z.looseObject({ items: z.array(POLICY) });

/**
 * Everything in which a cluster differs. Policies only ever add to what is allowed, so another policy that may select the
 * same pods and allows anything widens ours, whoever wrote it. Throws `ERR_SEGMENT_INVALID` for what is no list of policies.
 */
export function compareKubernetes(expected: readonly NetworkPolicy[], space: string, listing: unknown): readonly SegmentDrift[] {
  const read = LIST.safeParse(listing, { reportInput: false });
  if (!read.success) {
    throw new SallyportError('ERR_SEGMENT_INVALID', 'this is no list of network policies', {
      remedy: 'Give it what `kubectl get networkpolicies --all-namespaces -o json` prints, whole.',
    });
  }
  const found = new Map(read.data.items.map((policy) => [nameOf(policy), policy]));
  const wanted = new Set(expected.map(nameOf));
  const others = read.data.items.filter((policy) => !wanted.has(nameOf(policy)));
  return [
    ...expected.flatMap((policy) => compare(policy, found.get(nameOf(policy)))),
    ...others.filter((policy) => isOurs(policy, space)).map((policy) => drift(`policy ${nameOf(policy)}`, 'extra', 'the registry has no such server')),
    ...expected.flatMap((policy) => others.filter((other) => mayWiden(other, policy))
      .map((other) => drift(`policy ${nameOf(policy)}`, 'widened', `policy ${nameOf(other)} allows more to pods that it may select`))),
  ];
}

function nameOf({ metadata }: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function compare(policy: NetworkPolicy, observed: Observed | undefined): readonly SegmentDrift[] {
  const at = `policy ${nameOf(policy)}`;
  if (observed === undefined) return [drift(at, 'missing', 'the policy is not in the cluster')];
  return Object.entries({ ...observed.spec, ...policy.spec }).flatMap(([key]) => {
    const [want, now] = [spell(key, policy.spec[key]), spell(key, observed.spec[key])];
    return want === now ? [] : [drift(`${at} ${key}`, 'changed', now)];
  });
}

/** A cluster writes selectors back without what is empty; the order of allowances means nothing. */
function spell(key: string, value: unknown): string {
  if (key === 'podSelector') {
    const { matchExpressions, ...rest } = SELECTOR.parse(value ?? {});
    return canonicalize(matchExpressions.length === 0 ? rest : { ...rest, matchExpressions }) ?? '';
  }
  if (!Array.isArray(value)) return canonicalize(value) ?? '';
  return JSON.stringify(value.map((one) => canonicalize(one) ?? '').toSorted());
}

function isOurs({ metadata: { labels } }: Observed, space: string): boolean {
  return Object.entries({ ...MANAGED_BY, 'sallyport.io/space': space }).every(([name, value]) => labels[name] === value);
}

/** Unless a label of it contradicts ours: pods may have more labels than are declared. */
function mayWiden(other: Observed, { metadata, spec }: NetworkPolicy): boolean {
  if (other.metadata.namespace !== metadata.namespace) return false;
  const ours = SELECTOR.parse(spec['podSelector']).matchLabels;
  const contradicts = Object.entries(other.spec.podSelector.matchLabels).some(([name, value]) => name in ours && ours[name] !== value);
  return !contradicts && other.spec.ingress.length + other.spec.egress.length > 0;
}
