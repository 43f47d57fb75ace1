import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { EVIDENCE } from '../../audit/report/evidence.ts';
import type { EvidenceName } from '../../audit/report/evidence.ts';
import type { Report } from '../../audit/report/assess.ts';
import { FRAMEWORK_NAMES } from '../../audit/report/frameworks.ts';
import { CAVEAT, COVERAGE, reportPage } from '../../audit/report/page.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { show } from '../command.ts';
import { withProgress } from '../progress.ts';
import { plain, readSpan, table, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { sinceOf } from './query.ts';

const DAY_MS = 86_400_000;
const SINCE = '30d';

const isEvidence = (name: string): name is EvidenceName => Object.hasOwn(EVIDENCE, name);
const REPORT = z.object({
  framework: z.enum(FRAMEWORK_NAMES), title: z.string(), source: z.string(), since: z.number(), until: z.number(), gaps: z.array(z.string()),
  controls: z.array(z.object({
    id: z.string(), asks: z.string(), coverage: z.enum(['records', 'some', 'none']), gaps: z.array(z.string()), beyond: z.string().exactOptional(),
    shown: z.array(z.object({ evidence: z.string().refine(isEvidence), says: z.string(), records: z.int(), events: z.record(z.string(), z.int()) })),
  })),
}) satisfies z.ZodType<Report>;

export const report: Verb = {
  usage: `report --framework ${FRAMEWORK_NAMES.join('|')} [--since 30d] [--keep 400d] [--verify] [--format text|html] [--out FILE]`,
  options: {
    framework: { type: 'string' }, since: { type: 'string' }, keep: { type: 'string' }, verify: { type: 'boolean' }, format: { type: 'string' },
      out: { type: 'string' },
  },
  run: async ({ client, io, options, needText }) => {
    const asked = { framework: needText('framework'), since: sinceOf(options.text('since') ?? SINCE), keepDays: daysOf(options.text('keep')) };
    const format = options.text('format') ?? 'text';
    if (format !== 'text' && format !== 'html') throw new SallyportError('ERR_USAGE', `there is no format "${format}"`, { remedy: 'Formats: text, html.' });
    const answer = await withProgress(io, 'Counting records', () =>
      client.get('/audit/report', { ...asked, verify: options.flag('verify') ? 'true' : undefined }));
    const found = readReport(answer);
    const view = (): string => (format === 'html' ? reportPage(found) : asText(found));
    const out = options.text('out');
    if (out === undefined) show(io, options.json, answer, view);
    else {
      await writeFile(resolve(io.cwd, out), options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : view(), { mode: 0o600 });
      io.note(`Written to ${plain(out)}.`);
    }
    return 0;
  },
};

function readReport(answer: Json): Report {
  const found = REPORT.safeParse(answer, { reportInput: false });
  if (found.success) return found.data;
  throw new SallyportError('ERR_INTERNAL', 'control answered with something else than a report', { remedy: 'Run one version of both.' });
}

function daysOf(span: string | undefined): number | undefined {
  const ms = span === undefined ? undefined : readSpan(span);
  if (span !== undefined && ms === undefined) throw new SallyportError('ERR_USAGE', '--keep is no time span', { remedy: 'Write for instance 400d.' });
  return ms === undefined ? undefined : Math.max(1, Math.floor(ms / DAY_MS));
}

function asText({ title, source, since, until, controls, gaps }: Report): string {
  const rows = controls.map(({ id, asks, coverage, shown, gaps: missing, beyond }) => [
    id, asks, [COVERAGE[coverage], ...shown.filter(({ records }) => records > 0).map(({ evidence, records }) => `${evidence}: ${records}`)].join('\n'),
    [...missing, ...(beyond === undefined ? [] : [`not in any record: ${beyond}`])].join('\n'),
  ]);
  const whole = gaps.length === 0 ? ['none found'] : gaps;
  return [
    `${title}, evidence from ${time(since)} to ${time(until)}`, CAVEAT, '', 'Gaps of the evidence as a whole:', ...whole.map((gap) => `- ${plain(gap)}`), '',
    table(['control', 'asks', 'records', 'gaps'], rows), source, '',
  ].join('\n');
}
