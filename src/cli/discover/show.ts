import type { Observation, Unseen } from '../../domain/observation.ts';
import type { Runs } from '../../domain/runs.ts';
import { show } from '../command.ts';
import { plain, table } from '../terminal.ts';
import type { Call } from '../verbs.ts';
import type { Seen } from './look.ts';

/** Prints what one run saw. Everything that strangers wrote is inert (`table` and `plain`). */
export function showSeen({ io, options }: Call, { observations, unseen }: Seen): number {
  show(io, options.json, JSON.parse(JSON.stringify({ observations, unseen })), () =>
    table(['kind', 'what', 'seen by', 'where', 'sure', 'wrong with it'], observations.map(rowOf)));
  for (const line of describeUnseen(unseen)) io.note(line);
  return unseen.length === 0 ? 0 : UNSEEN;
}

/** Not everything could be looked at. */
const UNSEEN = 4;

function rowOf(one: Observation): readonly string[] {
  const what = one.runs === undefined ? one.keys[0] ?? '' : describeRuns(one.runs);
  return [
    one.kind, one.name === undefined ? what : `${one.name}\n${what}`, one.sensor,
    `${one.host === undefined ? '' : `${one.host}: `}${one.place}`, `${one.confidence} %`, one.risks.join(', '),
  ];
}

export function describeRuns(runs: Runs): string {
  if (runs.kind === 'remote') return runs.url;
  if (runs.kind === 'package') return `${runs.ecosystem} ${runs.name}${runs.version === undefined ? '' : `@${runs.version}`}`;
  if (runs.kind === 'shell') return `shell: ${runs.line}`;
  if (runs.kind === 'program') return runs.script === undefined ? runs.program : `${runs.program} ${runs.script}`;
  return `the gate${runs.server === undefined ? '' : `: ${runs.server}`}`;
}

/** A line for each; many of one reason are one line. */
export function describeUnseen(unseen: readonly Unseen[]): readonly string[] {
  const byReason = Map.groupBy(unseen, ({ reason }) => reason);
  return [...byReason].map(([reason, places]) => {
    const first = plain(places[0]?.place ?? '');
    return `not seen: ${first}${places.length > 1 ? ` and ${places.length - 1} more` : ''}: ${plain(reason)}`;
  });
}
