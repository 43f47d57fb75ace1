import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Severity } from '../../domain/finding.ts';
import { ruleInfo } from './judge.ts';
import type { ScanFinding } from './judge.ts';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { critical: 'error', high: 'error', medium: 'warning', low: 'note', info: 'note' };
/** What code hosts sort by: the ranges of CVSS. */
const SCORES: Readonly<Record<Severity, string>> = { critical: '9.5', high: '8.0', medium: '5.5', low: '3.0', info: '0.1' };

/** A log of one run in SARIF 2.1.0 (OASIS), for code hosts and dashboards. */
export function toSarif(findings: readonly ScanFinding[], version: string): JsonObject {
  const ids = [...new Set(findings.map(({ rule }) => rule))].toSorted((a, b) => (a < b ? -1 : 1));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'sallyport scan', version, rules: ids.map((id) => ruleOf(id, findings)) } },
      results: findings.map((finding) => resultOf(finding, ids)),
    }],
  };
}

function ruleOf(id: string, findings: readonly ScanFinding[]): Json {
  const info = ruleInfo(id);
  const severity = info?.severity ?? findings.find(({ rule }) => rule === id)?.severity ?? 'medium';
  return {
    id, shortDescription: { text: info?.what ?? id }, defaultConfiguration: { level: LEVELS[severity] },
    properties: { tags: ['security', ...(info?.catalogues ?? [])], 'security-severity': SCORES[severity] },
  };
}

function resultOf({ rule, severity, server, from, item, at, message, excerpt }: ScanFinding, ids: readonly string[]): Json {
  const logical = [server, item].filter((name) => name !== '').join('/');
  return {
    ruleId: rule, ruleIndex: ids.indexOf(rule), level: LEVELS[severity],
    message: { text: `${logical}: ${message}${excerpt === '' ? '' : ` “${excerpt}”`}` },
    locations: [{
      physicalLocation: { artifactLocation: { uri: uriOf(from) }, region: { startLine: 1 } },
      logicalLocations: [{ name: item === '' ? server : item, fullyQualifiedName: [logical, ...at].join('#') }],
    }],
    // The same finding of the same item stays the same when the words around it change.
    partialFingerprints: { 'sallyport/v1': createHash('sha256').update(JSON.stringify([rule, server, item, at])).digest('hex') },
  };
}

/** A command line is no URI; a path is one once it is escaped. */
function uriOf(from: string): string {
  return /^https?:\/\//.test(from) ? from : from.split('/').map((part) => encodeURIComponent(part)).join('/');
}
