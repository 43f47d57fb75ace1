import type { SegmentFormat } from '../../domain/segment.ts';
import type { SegmentDrift } from '../../registry/segments/drift.ts';
import { compareKubernetes } from '../../registry/segments/kubernetes-drift.ts';
import { compileKubernetes, formatKubernetes, kubernetesGaps } from '../../registry/segments/kubernetes.ts';
import { compareNftables } from '../../registry/segments/nftables-drift.ts';
import { compileNftables, formatNftables, nftablesGaps } from '../../registry/segments/nftables.ts';
import type { Gap, SegmentPlan } from '../../registry/segments/plan.ts';
import { planSegments } from '../../registry/segments/plan.ts';
import type { Rows } from '../../store/store.ts';
import { readNetwork } from '../manifest/settings.ts';
import { listStored } from '../stored.ts';

/** What is to be guarded in a space, by what is declared now. Throws `ERR_SEGMENT_INCOMPLETE`. */
export async function planOf(rows: Rows, space: string): Promise<SegmentPlan> {
  const servers = await listStored(rows, 'server', space);
  return planSegments(space, (await readNetwork(rows)).segment, servers.map(({ id, body }) => ({ id, ...body })));
}

export function formatSegments(plan: SegmentPlan, format: SegmentFormat): string {
  return format === 'nftables' ? formatNftables(compileNftables(plan)) : formatKubernetes(compileKubernetes(plan));
}

export function gapsOf(plan: SegmentPlan, format: SegmentFormat): readonly Gap[] {
  return [...plan.gaps, ...(format === 'nftables' ? nftablesGaps(plan) : kubernetesGaps(plan))];
}

/** Throws `ERR_SEGMENT_INVALID` for what is no listing of that format. */
export function compareSegments(plan: SegmentPlan, format: SegmentFormat, observed: unknown): readonly SegmentDrift[] {
  return format === 'nftables' ? compareNftables(compileNftables(plan), observed) : compareKubernetes(compileKubernetes(plan), plan.space, observed);
}
