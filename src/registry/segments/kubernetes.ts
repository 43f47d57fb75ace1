import type { JsonObject } from '../../domain/json.ts';
import type { PodSelector } from '../../domain/segment.ts';
import type { Network } from './network.ts';
import type { Gap, Guarded, Peer, SegmentPlan } from './plan.ts';

/** By these labels our policies are found again; people's own policies have others. */
export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'sallyport', 'sallyport.io/kind': 'segment' } as const;

export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: JsonObject;
}

/** A policy for each server that runs as pods: in from the gate (and what it declares), out to what it declares, and nothing else. */
export function compileKubernetes({ space, gate, servers }: SegmentPlan): readonly NetworkPolicy[] {
  return servers.flatMap((server) => {
    const { id, pods } = server;
    if (pods === undefined) return [];
    const fromGate: Peer = { ...gate, port: server.port, protocol: 'tcp' };
    return [{
      apiVersion: 'networking.k8s.io/v1' as const,
      kind: 'NetworkPolicy' as const,
      metadata: {
        name: `sallyport-${space}-${id}`, namespace: pods.namespace,
        labels: { ...MANAGED_BY, 'sallyport.io/space': space, 'sallyport.io/server': id },
      },
      spec: {
        podSelector: { matchLabels: sorted(pods.labels) },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [fromGate, ...server.ingress].map((peer) => ruleOf('from', peer)),
        egress: server.egress.map((peer) => ruleOf('to', peer)),
      },
    }];
  });
}

/** As one file for `kubectl apply -f`: JSON, in which no name can become anything else. */
export function formatKubernetes(policies: readonly NetworkPolicy[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policies }, undefined, 2)}\n`;
}

/** A server whose policy would let nobody in, the gate included. */
export function kubernetesGaps({ gate, servers }: SegmentPlan): readonly Gap[] {
  if (gate.pods !== undefined || gate.networks.length > 0) return [];
  return servers.filter(({ pods }) => pods !== undefined).map(({ id }): Gap => (
    { server: id, why: 'the gate has no place in the cluster', remedy: 'declare gateway.segment.pods' }));
}

function ruleOf(side: 'from' | 'to', { networks, pods, port, protocol }: Pick<Guarded, 'networks' | 'pods'> & Peer): JsonObject {
  return {
    [side]: [...networks.map(blockOf), ...(pods === undefined ? [] : [selectorOf(pods)])],
    ports: [{ protocol: protocol.toUpperCase(), port }],
  };
}

function blockOf({ address, bits }: Network): JsonObject {
  return { ipBlock: { cidr: `${address}/${bits}` } };
}

function selectorOf({ namespace, labels }: PodSelector): JsonObject {
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } }, podSelector: { matchLabels: sorted(labels) } };
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
