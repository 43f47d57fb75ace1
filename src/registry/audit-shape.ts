import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { STANDARD_CLASS, type RetentionClass } from '../domain/retention.ts';
import { ID } from './manifest-words.ts';
import { SINK } from './sink-shape.ts';

/** `audit:` of sallyport.yaml: how long evidence is kept and where, who sees people's names, and where records are sent. */

const DAYS = z.string().regex(/^\d{1,5}d$/, 'must be days: 400d');

const CLASS = z
  .strictObject({ records: DAYS.exactOptional(), bodies: DAYS.exactOptional(), results: z.boolean().exactOptional(), region: ID.exactOptional() })
  .refine((one) => daysOf(one.records, USUAL.recordDays) >= 1, { error: 'records are kept for one day at least' })
  .refine((one) => daysOf(one.bodies, USUAL.bodyDays) <= daysOf(one.records, USUAL.recordDays), { error: 'bodies can\'t outlive their records' });

export const AUDIT_SHAPE = z
  .strictObject({
    region: ID.exactOptional(),
    retention: z.record(ID, CLASS).exactOptional(),
    pseudonyms: z.boolean().exactOptional(),
    scorePeople: z.boolean().exactOptional(),
    sinks: z.record(ID, SINK).exactOptional(),
    failClosed: z.array(ID).max(100).exactOptional(),
  })
  .refine(({ sinks = {}, failClosed = [] }) => failClosed.every((name) => Object.hasOwn(sinks, name)), {
    path: ['failClosed'], error: 'names a sink that is not declared',
  })
  .refine(({ sinks = {} }) => Object.keys(sinks).length <= LIMITS.sinksMax, { path: ['sinks'], error: `are more than ${LIMITS.sinksMax}` });
export type AuditShape = z.infer<typeof AUDIT_SHAPE>;

const USUAL = { region: 'local', recordDays: 400, bodyDays: 30 } as const;

/** With every default written out; `standard` is always among them. */
export function classesOf({ region = USUAL.region, retention = {} }: AuditShape): readonly RetentionClass[] {
  return Object.entries({ [STANDARD_CLASS]: {}, ...retention }).map(([name, one]: [string, z.infer<typeof CLASS>]) => ({
    name, region: one.region ?? region, recordDays: daysOf(one.records, USUAL.recordDays), bodyDays: daysOf(one.bodies, USUAL.bodyDays),
    results: one.results ?? false,
  }));
}

function daysOf(text: string | undefined, usual: number): number {
  return text === undefined ? usual : Number.parseInt(text, 10);
}
