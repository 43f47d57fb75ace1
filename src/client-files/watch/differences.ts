import { SEVERITIES } from '../../domain/finding.ts';
import type { Severity } from '../../domain/finding.ts';
import { showHidden } from '../../domain/hidden.ts';
import { MANAGED, runsCode, WEIGHED } from './settings.ts';
import type { Difference, EntryState, FileState } from './watched.ts';

type Told = Pick<Difference, 'what' | 'severity' | 'server'>;

const TEXT_MAX = 200;
/** Bits by which others than the owner could read, and write. */
const [READABLE, WRITABLE] = [0o044, 0o022];

/**
 * In what a file is not what was approved, the worst first: a command weighs more than an argument, that more than a host, that
 * more than the environment, that more than the order. Bytes alone (spaces, comments, settings that steer nothing) are no difference.
 */
export function differencesOf(before: FileState | undefined, after: FileState | undefined): readonly Difference[] {
  const { path = '', client } = after ?? before ?? {};
  const told = compare(before, after).toSorted((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
  return told.map(({ what, severity, server }) => ({
    file: path, ...(client === undefined ? {} : { client }), ...(server === undefined ? {} : { server: visible(server) }), what: visible(what), severity,
  }));
}

export function worstOf(differences: readonly Difference[]): Severity {
  return differences.reduce<Severity>((worst, { severity }) => (isAtLeast(severity, worst) ? severity : worst), 'info');
}

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

function compare(before: FileState | undefined, after: FileState | undefined): readonly Told[] {
  if (after === undefined) return before === undefined ? [] : [{ what: 'file removed', severity: 'medium' }];
  if (before === undefined) return added(after);
  if (after.kind === 'unreadable') return before.kind === 'unreadable' ? attributes(before, after) : [{ what: 'file can no longer be read', severity: 'high' }];
  return [
    ...(after.kind === 'broken' && before.kind !== 'broken' ? [{ what: 'file is no longer a document of its kind', severity: 'medium' } as const] : []),
    ...attributes(before, after), ...contents(before, after), ...entries(before.entries, after.entries), ...settings(before, after),
  ];
}

function added(after: FileState): readonly Told[] {
  const weight: Severity = after.role === 'programs' ? 'critical' : after.role === 'instructions' ? 'high' : 'low';
  const none = { ...after, entries: [], settings: {}, link: undefined };
  return [
    { what: after.role === 'instructions' ? 'new instructions for agents' : 'new file', severity: weight },
    ...(after.link === undefined ? [] : [{ what: 'it is a link', severity: 'high' } as const]),
    ...entries([], after.entries), ...settings(none, after),
  ];
}

/** Of instructions and programs every byte counts. */
function contents(before: FileState, after: FileState): readonly Told[] {
  if (before.digest === after.digest) return [];
  if (after.role === 'instructions') return [{ what: 'instructions for agents', severity: 'high' }];
  return after.role === 'programs' ? [{ what: 'program that a client runs', severity: 'critical' }] : [];
}

function attributes(before: FileState, after: FileState): readonly Told[] {
  const opened = after.mode & ~before.mode;
  return [
    ...(before.link === after.link ? [] : [linkChange(after)]),
    ...(before.uid === after.uid && before.gid === after.gid ? [] : [ownerChange(before, after)]),
    ...(before.mode === after.mode ? [] : [{
      what: `mode: ${before.mode.toString(8)} → ${after.mode.toString(8)}`,
      severity: (opened & WRITABLE) !== 0 ? 'high' : (opened & READABLE) !== 0 ? 'medium' : 'low',
    } as const]),
  ];
}

function linkChange({ link }: FileState): Told {
  return link === undefined ? { what: 'no longer a link', severity: 'low' } : { what: 'link to another file', severity: 'critical' };
}

function ownerChange(before: FileState, after: FileState): Told {
  return { what: `owner: ${before.uid}:${before.gid} → ${after.uid}:${after.gid}`, severity: 'high' };
}

/** A name that stands twice in a file is two entries: the second is compared with the second. */
function keyed(all: readonly EntryState[]): ReadonlyMap<string, EntryState> {
  const seen = new Map<string, number>();
  return new Map(all.map((entry) => {
    const name = `${entry.project ?? ''}\0${entry.name}`;
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return [`${name}\0${count}`, entry];
  }));
}

function entries(before: readonly EntryState[], after: readonly EntryState[]): readonly Told[] {
  const [old, fresh] = [keyed(before), keyed(after)];
  const changed = [...fresh].flatMap(([key, entry]) => {
    const known = old.get(key);
    return (known === undefined ? isNew(entry) : entryChanges(known, entry)).map((told) => ({ ...told, server: entry.name }));
  });
  const gone = [...old].filter(([key]) => !fresh.has(key))
    .map(([, { name, runs }]): Told => ({ what: `server removed: ${runs}`, severity: 'low', server: name }));
  const isReordered = changed.length === 0 && gone.length === 0 && [...old.keys()].join() !== [...fresh.keys()].join();
  return [...changed, ...gone, ...(isReordered ? [{ what: 'order of servers', severity: 'info' } as const] : [])];
}

function isNew({ runs, command, isDisabled }: EntryState): readonly Omit<Told, 'server'>[] {
  if (isDisabled) return [{ what: `new server, switched off: ${runs}`, severity: 'medium' }];
  return [{ what: `new server: ${runs}`, severity: command === '' ? 'high' : 'critical' }];
}

function entryChanges(before: EntryState, after: EntryState): readonly Omit<Told, 'server'>[] {
  const ran = before.runs === after.runs ? '' : `: ${before.runs} → ${after.runs}`;
  const kindChanged = (before.address === undefined) !== (after.address === undefined);
  return [
    ...(before.command !== after.command || kindChanged ? [{ what: `command${ran}`, severity: 'critical' } as const] : []),
    ...(before.command === after.command && before.args.join() !== after.args.join() ? [{ what: `arguments${ran}`, severity: 'high' } as const] : []),
    ...(kindChanged ? [] : addressChanges(before, after)),
    ...namedChanges('environment', before.env, after.env), ...namedChanges('headers', before.headers, after.headers),
    ...(before.cwd === after.cwd ? [] : [{ what: 'working folder', severity: 'medium' } as const]),
    ...(before.isDisabled && !after.isDisabled ? [{ what: 'switched on', severity: 'high' } as const] : []),
    ...(!before.isDisabled && after.isDisabled ? [{ what: 'switched off', severity: 'low' } as const] : []),
    ...approvals(before.approved, after.approved),
  ];
}

function addressChanges(before: EntryState, after: EntryState): readonly Omit<Told, 'server'>[] {
  if (before.host !== after.host) return [{ what: `host: ${before.host ?? ''} → ${after.host ?? ''}`, severity: 'medium' }];
  return before.address === after.address ? [] : [{ what: 'address on the same host', severity: 'low' }];
}

/** Names only; of each the worse case counts: a variable that makes a program run something else is as good as another command. */
function namedChanges(what: string, before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): readonly Omit<Told, 'server'>[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
  if (names.length === 0) return [];
  const isCode = what === 'environment' && names.some(runsCode);
  return [{ what: `${what}: ${names.join(', ')}`, severity: isCode ? 'critical' : 'low' }];
}

function approvals(before: EntryState['approved'], after: EntryState['approved']): readonly Omit<Told, 'server'>[] {
  if (before === 'all' ? after === 'all' : after !== 'all' && before.join('\0') === after.join('\0')) return [];
  if (after === 'all') return [{ what: 'every tool is called without asking', severity: 'high' }];
  const more = before === 'all' ? [] : after.filter((tool) => !before.includes(tool));
  if (more.length === 0) return [{ what: 'fewer tools are called without asking', severity: 'info' }];
  return [{ what: `called without asking: ${more.join(', ')}`, severity: 'high' }];
}

function settings(before: Pick<FileState, 'settings'>, after: FileState): readonly Told[] {
  const names = [...new Set([...Object.keys(before.settings), ...Object.keys(after.settings)])];
  return names.filter((name) => before.settings[name] !== after.settings[name])
    .map((name) => ({ what: `setting ${name}`, severity: WEIGHED[name] ?? MANAGED[name] ?? 'medium' }));
}

/** A name as a difference has it. */
export function visible(text: string): string {
  const shown = showHidden(text).replaceAll('\n', ' ');
  return shown.length > TEXT_MAX ? `${shown.slice(0, TEXT_MAX)}…` : shown;
}
