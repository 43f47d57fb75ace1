import type { Json } from '../../domain/json.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { CHECKS } from '../../vendor/probe/checks.ts';
import type { Observed, ProbeReport } from '../../vendor/probe/result.ts';
import { show } from '../command.ts';
import type { Io } from '../command.ts';
import { text } from '../json-view.ts';
import { plain, table } from '../terminal.ts';
import type { ProbedEndpoint } from './probe.ts';

/** Everything that vendors wrote is inert (`table` and `plain`). The last line says all of it in short: a worker keeps that one. */
export function showProbes(io: Io, isJson: boolean, probed: readonly ProbedEndpoint[]): void {
  const json: Json = JSON.parse(JSON.stringify({ probed }));
  show(io, isJson, json, () => `${probed.map(describe).join('\n')}${inShort(probed)}\n`);
}

function describe({ report, changes = [] }: ProbedEndpoint): string {
  const checks = report.probes.flatMap((one) => one.checks);
  const failed = checks.filter(({ outcome }) => outcome === 'fail').toSorted((one, other) => rank(other) - rank(one));
  const unknown = checks.filter(({ outcome }) => outcome === 'unknown');
  return [
    `${plain(report.vendor)}  ${plain(report.endpoint)}  (${report.requests} requests${report.withAccount ? '' : ', without a test account'})\n`,
    failed.length === 0 ? 'Nothing failed.\n' : table(['severity', 'check', 'what must be so', 'what is'], failed.map(({ check, evidence }) => [
      CHECKS[check].severity, `${CHECKS[check].probe} ${check}`, CHECKS[check].passes, evidence,
    ])),
    unknown.length === 0 ? '' : `Not seen: ${reasons(unknown)}\n`,
    changes.length === 0 ? '' : table(['severity', 'changed', 'was', 'is'], changes.map((one) => [
      text(one['severity']), text(one['rule']), text(one['was']), text(one['is']),
    ])),
  ].join('');
}

/** One reason keeps many checks from being seen. */
function reasons(unknown: readonly Observed[]): string {
  const byReason = [...Map.groupBy(unknown, ({ evidence }) => evidence)];
  return byReason.map(([why, checks]) => plain(`${checks.map(({ check }) => check).join(', ')}: ${why}`)).join('; ');
}

function inShort(probed: readonly ProbedEndpoint[]): string {
  const failed = probed.flatMap(({ report }) => failedIn(report)).length;
  const changed = probed.flatMap(({ changes = [] }) => changes).length;
  return `${probed.length} endpoints of ${new Set(probed.map(({ report }) => report.vendor)).size} vendors: ${failed} checks failed, ${changed} changes`;
}

function failedIn({ probes }: ProbeReport): readonly Observed[] {
  return probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'fail');
}

function rank({ check }: Observed): number {
  return SEVERITIES.indexOf(CHECKS[check].severity);
}
