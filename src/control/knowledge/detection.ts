import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { detectionNamed } from '../snapshot/keeper.ts';

const DIGEST = z.string().regex(/^(?:[0-9a-f]{64})?$/);
export const DETECTING = z.strictObject({ node: z.string().min(1).max(200), digest: DIGEST, sequence: z.int().min(0), wants: DIGEST.exactOptional() });
type Said = z.infer<typeof DETECTING>;

const GATEWAYS_MAX = 1_000;

/** By what each gateway says that it inspects, as long as it says so. */
export interface Inspecting {
  heard(said: Pick<Said, 'node' | 'digest' | 'sequence'>): void;
  readonly gateways: readonly Pick<Said, 'node' | 'digest' | 'sequence'>[];
}

export function createInspecting(now: () => number): Inspecting {
  const heard = new Map<string, Pick<Said, 'digest' | 'sequence'> & { readonly at: number }>();
  const forget = (): void => {
    for (const [node, { at }] of heard) if (now() - at > LIMITS.detectionHeardMs) heard.delete(node);
  };
  return {
    heard: ({ node, digest, sequence }) => {
      forget();
      if (heard.size < GATEWAYS_MAX || heard.has(node)) heard.set(node, { digest, sequence, at: now() });
    },
    get gateways() {
      forget();
      return [...heard].map(([node, { digest, sequence }]) => ({ node, digest, sequence })).toSorted((a, b) => (a.node < b.node ? -1 : 1));
    },
  };
}

/** What detectors are to be made of, by its digest, for a gateway that says by what it inspects. Throws `ERR_NOT_FOUND`. */
export function tellDetection({ knowledge, inspecting }: Pick<Control, 'knowledge' | 'inspecting'>, said: Said): Json {
  inspecting.heard(said);
  if (said.wants === undefined) return {};
  const { kit, text } = knowledge.detecting;
  if (text !== undefined && kit.digest === said.wants) return { text };
  throw new SallyportError('ERR_NOT_FOUND', 'control does not have what its snapshot names for detection', {
    remedy: 'Wait for the next snapshot; if there is none, see what control says of advisories and tables.',
  });
}

/** For people: what is named in the snapshot in force, and which gateways inspect by it. */
export function presentDetection({ snapshots, inspecting }: Pick<Control, 'snapshots' | 'inspecting'>): { readonly [key: string]: Json } {
  const named = detectionNamed(snapshots.current?.content ?? '');
  const digest = named?.digest ?? '';
  return {
    sequence: named?.sequence ?? 0, digest,
    gateways: inspecting.gateways.map((one): Json => ({ ...one, isCurrent: one.digest === digest })),
  };
}
