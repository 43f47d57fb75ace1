import type { ConfiguredServer } from '../../domain/configured-server.ts';
import type { Severity } from '../../domain/finding.ts';
import { showHidden } from '../../domain/hidden.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { looksSecret } from '../../domain/secret-forms.ts';
import { valueAt } from '../read/entries.ts';
import type { Path } from '../read/region.ts';
import { fetches, isBroad, isCleartext, isPinned, runsCommands } from '../risks.ts';
import { found } from './rules.ts';
import type { AuditFinding } from './rules.ts';
import { pointerOf, secretsIn } from './secrets.ts';
import type { FindSpans } from './secrets.ts';

/** What of an advisory an audit tells; which there are for a package is handed in. */
export interface KnownAdvisory {
  readonly id: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly isSure: boolean;
  readonly fixedIn?: string;
}

export interface EntryKnowledge {
  readonly findSpans: FindSpans;
  /** Salted, so that a report is no way to guess a secret; the same for the same value. */
  readonly fingerprintOf: (value: string) => string;
  readonly advisoriesFor?: (ecosystem: string, name: string, version: string | undefined) => readonly KnownAdvisory[];
  /** Of the gate's registry: what it has of this server; undefined where there is no gate. */
  readonly standingOf?: (server: ConfiguredServer) => 'sanctioned' | 'bypassing' | 'unknown';
  readonly home: string;
}

/** What is wrong with one server of a client's file before anything of it is started or asked. Nothing in it is evaluated. */
export function entryFindings(server: ConfiguredServer, said: Json, knowledge: EntryKnowledge): readonly AuditFinding[] {
  const { file, name, at } = server;
  const place = { file, server: name, at };
  const approved = approvedBy(said);
  const isRemote = server.runs.runs.kind === 'remote';
  return [
    ...secretFindings(server, said, knowledge),
    ...(isCleartext(server) ? [found('config/cleartext', place)] : []),
    ...(approved === undefined ? [] : [found('config/auto-approve', { ...place, at: [...at, approved] }, showHidden(approved))]),
    ...(isRemote || server.runs.runs.kind === 'gate' ? [] : launchFindings(server, knowledge)),
    ...executing(said, []).map((path) => found('config/executes', { ...place, at: [...at, ...path] }, 'it is shown here, and run by nobody')),
    ...standingFindings(server, knowledge), ...advisoryFindings(server, knowledge),
  ];
}

/** Their places, and by what two that are the same are known. */
function secretFindings({ file, name: server, at }: ConfiguredServer, said: Json, { findSpans, fingerprintOf }: EntryKnowledge): readonly AuditFinding[] {
  const shaped = new Set(findSpans(said).map((span) => span.at));
  return secretsIn(said, findSpans).map(({ at: within, start, end, name }) => {
    const text = valueAt(said, within);
    const value = typeof text === 'string' ? text.slice(start, end) : '';
    const fingerprint = fingerprintOf(value);
    const more = `${showHidden(name)}, ${fingerprint}${endOf(value)}`;
    const finding = found('config/secret', { file, server, at: [...at, ...within], fingerprint }, more);
    // What is known by its form is one; what is only called like one most likely is.
    return shaped.has(pointerOf(within)) || looksSecret('', value) ? { ...finding, severity: 'high' } : finding;
  });
}

const SHOWN_OF = 16;

/** Of a long one its end, by which its owner knows it again. */
function endOf(value: string): string {
  return value.length < SHOWN_OF ? '' : `, ends in ${showHidden(value.slice(-4))}`;
}

/** Under which name a client is told to ask nobody. */
export function approvedBy(said: Json): string | undefined {
  if (!isObject(said)) return undefined;
  return ['autoApprove', 'alwaysAllow', 'auto_approve', 'trust', 'default_tools_approval_mode'].find((name) => {
    const value = said[name];
    return value === true || value === 'approve' || value === '*' || (isArray(value) && value.length > 0);
  });
}

const FOLDERS_MAX = 3;

function launchFindings(configured: ConfiguredServer, { home }: EntryKnowledge): readonly AuditFinding[] {
  const { file, name: server, at, command, runs: { runs, wrappers } } = configured;
  const place = { file, server, at };
  const isFetched = runs.kind === 'package' && fetches(configured);
  const broad = command.slice(1).filter((word) => isBroad(word) || word === home);
  const called = [server, runs.kind === 'package' ? runs.name : ''].some(runsCommands);
  return [
    ...(runs.kind === 'shell' ? [found('config/shell', place)] : []),
    ...(called ? [found('config/shell-server', place)] : []),
    ...(isFetched && !isPinned(runs) ? [found('config/unpinned', place, showHidden(`${runs.ecosystem} ${runs.name}`))] : []),
    ...(isFetched ? [found('config/remote-fetch', place, showHidden(wrappers.join(' ')))] : []),
    ...broad.slice(0, FOLDERS_MAX).map((word) => found('config/broad-folder', place, showHidden(word))),
  ];
}

/** Where a client would run what stands in a value: `$(cmd)`, backquotes. */
function executing(json: Json, at: Path): readonly Path[] {
  if (typeof json === 'string') return /\$\([^)]+\)|`[^`]+`|\$\{cmd:/.test(json) ? [at] : [];
  if (isArray(json)) return json.flatMap((item, index) => executing(item, [...at, index]));
  return isObject(json) ? Object.entries(json).flatMap(([name, value]) => (name === 'description' ? [] : executing(value, [...at, name]))) : [];
}

function standingFindings(server: ConfiguredServer, { standingOf }: EntryKnowledge): readonly AuditFinding[] {
  const { file, name, at, runs } = server;
  if (standingOf === undefined || runs.runs.kind === 'gate') return [];
  const standing = standingOf(server);
  if (standing === 'sanctioned') return [];
  return [found(standing === 'bypassing' ? 'config/bypasses' : 'config/unsanctioned', { file, server: name, at })];
}

function advisoryFindings({ file, name: server, at, runs: { runs } }: ConfiguredServer, { advisoriesFor }: EntryKnowledge): readonly AuditFinding[] {
  if (runs.kind !== 'package' || advisoriesFor === undefined) return [];
  const version = isPinned(runs) ? runs.version : undefined;
  return advisoriesFor(runs.ecosystem, runs.name, version).map(({ id, severity, summary, isSure, fixedIn }) => {
    const fix = fixedIn === undefined ? '' : `; fixed in ${fixedIn}`;
    const doubt = isSure ? '' : '; whether this version has it is not known';
    const finding = found('config/advisory', { file, server, at }, showHidden(`${id}: ${summary}${fix}${doubt}`));
    return { ...finding, severity: isSure ? severity : 'low' };
  });
}
