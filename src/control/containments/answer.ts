import { z } from 'zod';
import { CONTAINMENT_TARGETS, CONTAINMENT_VERBS } from '../../domain/containment.ts';

const SCOPE = z.object({ target: z.enum(CONTAINMENT_TARGETS), name: z.string() });

/** What it does, to what, and how it is taken back; without an id it was only asked what it would do. Times are epoch ms. */
export const CONTAINED = z.object({
  id: z.string().optional(), verb: z.enum(CONTAINMENT_VERBS), scope: SCOPE, state: z.string(), reason: z.string(), principal: z.string(), at: z.number(),
  until: z.number().optional(), incident: z.string().optional(), does: z.string(), reversible: z.boolean(), back: z.string(), wide: z.boolean(),
  touched: z.record(z.string(), z.object({ count: z.int(), names: z.array(z.string()) })),
});
export type ContainedShown = z.infer<typeof CONTAINED>;

const SHOWN = {
  id: '019a0000-0000-7000-8000-000000000000', verb: 'quarantine-server', scope: { target: 'server', name: 'mail' }, state: 'applied', reason: 'it gives orders',
  principal: 'p_0123456789abcdef0123', at: 1_790_000_000_000, until: 1_790_086_400_000, does: 'takes the server out of service', reversible: true,
  back: 'sallyport incident lift …', wide: false, touched: { tools: { count: 2, names: ['read', 'send'] } },
} as const;

export const CONTAINMENTS = z.object({ containments: z.array(CONTAINED) }).meta({ examples: [{ containments: [SHOWN] }] });
export type Containments = z.infer<typeof CONTAINMENTS>;

export const CONTAINMENT_VERB_LIST = z.object({
  verbs: z.array(z.object({
    verb: z.enum(CONTAINMENT_VERBS), does: z.string(), targets: z.array(z.enum(CONTAINMENT_TARGETS)), way: z.enum(['standing', 'kept', 'act']),
    back: z.string(),
  })),
}).meta({
  examples: [{ verbs: [{ verb: 'quarantine-server', does: SHOWN.does, targets: ['server', 'vendor'], way: 'standing', back: SHOWN.back }] }],
});
export type ContainmentVerbs = z.infer<typeof CONTAINMENT_VERB_LIST>;
