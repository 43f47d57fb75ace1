import { z } from 'zod';
import { assess } from '../../audit/report/assess.ts';
import type { Facts } from '../../audit/report/assess.ts';
import { FRAMEWORK_NAMES } from '../../audit/report/frameworks.ts';
import { narrowed } from '../../audit/query/rewrite.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { classesOf } from '../../registry/audit-shape.ts';
import type { Control } from '../control.ts';
import { countAll } from './counted.ts';
import type { Counted } from './counted.ts';
import { readAudit } from '../retention/settings.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { timesOf } from './times.ts';

const AT = z.coerce.number().int().nonnegative();

export const reportRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/audit/report', summary: 'Which records of a period are evidence of which control, and what is missing', access: 'audit',
      reach: 'space',
    query: {
      framework: z.enum(FRAMEWORK_NAMES), since: AT, until: AT.exactOptional(),
      /** For how many days records should be kept. */
      keepDays: z.coerce.number().int().min(1).max(36_500).exactOptional(),
      /** Reads and checks the whole log. */
      verify: z.literal('true').exactOptional(),
    },
    act: async ({ space, query: { framework, since, until, keepDays, verify }, signal }, control) => {
      const end = until ?? control.now();
      if (since >= end) throw new SallyportError('ERR_REQUEST_INVALID', 'the period ends before it begins', { remedy: 'Give a since before until.' });
      const facts = await factsOf(control, space, since, end);
      const report: Json = JSON.parse(JSON.stringify(assess(framework, {
        ...facts, ...(keepDays === undefined ? {} : { askedDays: keepDays }), ...(verify === undefined ? {} : { damaged: await control.ledger.verify(signal) }),
      })));
      return report;
    },
  }),
];

async function factsOf(control: Control, space: string, since: number, until: number): Promise<Facts> {
  const within = timesOf(since, until);
  const ask = (question: string): Promise<Counted> => countAll(control, space, narrowed(question, within));
  const [events, findings, days] = [await ask('count by event'), await ask('has finding count by severity'), await ask('count by day')];
  const { entries: [oldest] } = await control.ledger.query({ space, order: 'oldest', limit: 1 });
  const oldestAt = oldest?.record['at'];
  const sinks = await control.sinks.list();
  return {
    since, until, counts: Object.fromEntries(events.counts), findings: sum(findings), days: days.counts.size, uncounted: events.uncounted,
    ...(typeof oldestAt === 'number' ? { oldestAt } : {}),
    sinks: sinks.map(({ name, state, lagRecords, lagMs }) => {
      const silent = state !== 'ok' ? `${state}, ${lagRecords} records behind` : lagMs > LIMITS.sinkDeadMs ? `${lagRecords} records behind` : undefined;
      return { name, ...(silent === undefined ? {} : { silent }) };
    }),
    keptDays: Math.min(...classesOf(await readAudit(control.store)).map(({ recordDays }) => recordDays)),
  };
}

function sum({ counts }: Counted): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
