import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Severity } from '../../domain/finding.ts';
import { showHidden } from '../../domain/hidden.ts';
import type { ScanFinding } from './judge.ts';
import { ruleInfo } from './rules.ts';
import type { Skipped } from './sources.ts';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' };
/** What code hosts sort by: the ranges of CVSS. */
const SCORES: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.1' };

/** Which command it was, and where its findings are explained. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  readonly help: string;
}

/** A log of one run in SARIF 2.1.0 (OASIS), for code hosts and dashboards. What was not read is told as a notification of the run. */
export function toSarif(findings: readonly ScanFinding[], skipped: readonly Skipped[], { name: tool, version, help }: Tool): JsonObject {
  const ids = [...new Set(findings.map(({ rule }) => rule))].toSorted((a, b) => (a < b ? -1 : 1));
  const seen = new Map<string, number>();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: tool, version, rules: ids.map((id) => ruleOf(id, findings, help)) } },
      columnKind: 'utf16CodeUnits',
      invocations: [{
        executionSuccessful: skipped.every(({ failed }) => !failed),
        toolExecutionNotifications: skipped.map(({ name, reason, failed }) => (
          { level: failed ? 'error' : 'note', message: { text: showHidden(`${name}: ${reason}`) } }
        )),
      }],
      results: findings.map((finding) => resultOf(finding, ids, seen)),
    }],
  };
}

function ruleOf(id: string, findings: readonly ScanFinding[], explained: string): Json {
  const info = ruleInfo(id);
  const severity = info?.severity ?? findings.find(({ rule }) => rule === id)?.severity ?? 'medium';
  const [what, catalogues] = [info?.what ?? id, info?.catalogues ?? []];
  const entries = catalogues.length === 0 ? '' : ` Catalogues: ${catalogues.join(', ')}.`;
  const help = `${what}${entries} ${explained}`;
  return {
    id, name: id.replaceAll(/(?:^|[-/])(\w)/g, (_, letter: string) => letter.toUpperCase()), shortDescription: { text: what }, fullDescription: { text: what },
    help: { text: help, markdown: help }, defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['security', ...catalogues], 'security-severity': SCORES[severity] },
  };
}

function resultOf({ rule, severity, server, from, item, at, message, excerpt, region }: ScanFinding, ids: readonly string[], seen: Map<string, number>): Json {
  const logical = showHidden([server, item].filter((name) => name !== '').join('/'));
  return {
    ruleId: rule, ruleIndex: ids.indexOf(rule), level: LEVELS[severity],
    message: { text: `${logical}: ${message}${excerpt === '' ? '' : ` “${excerpt}”`}` },
    locations: [{
      physicalLocation: { artifactLocation: { uri: uriOf(from) }, region: { ...(region ?? { startLine: 1 }) } },
      logicalLocations: [{ name: showHidden(item === '' ? server : item), fullyQualifiedName: [logical, ...at].join('#') }],
    }],
    partialFingerprints: { 'sallyport/v1': fingerprintOf([rule, server, item, ...at.map(withinItem)], seen) },
  };
}

/** The same finding of the same item stays the same when it moves in its list, and when the words around it change. */
function fingerprintOf(parts: readonly string[], seen: Map<string, number>): string {
  const key = JSON.stringify(parts);
  const count = (seen.get(key) ?? 0) + 1;
  seen.set(key, count);
  return `${createHash('sha256').update(key).digest('hex')}:${count}`;
}

function withinItem(pointer: string): string {
  return pointer.replace(/^\/(?:tools|prompts|resourceTemplates)\/\d+/, '');
}

/** A command line is no URI; a path is one once it is escaped. */
function uriOf(from: string): string {
  return /^https?:\/\//.test(from) ? from : from.replace(/^\.\//, '').split('/').map((part) => encodeURIComponent(part)).join('/');
}
