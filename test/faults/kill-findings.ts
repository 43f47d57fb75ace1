import { join } from 'node:path';
import { openCommitments } from '../../src/audit/commit.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import type { Aftermath, Attempt } from './kills.ts';

const CLOSING: ReadonlySet<string> = new Set(['result.delivered', 'result.withheld', 'call.cancelled', 'call.failed', 'call.unknown']);

/** What of the promises was broken, in words; empty when nothing was. */
export function findingsOf(after: Aftermath): readonly string[] {
  const byExchange = Map.groupBy(after.journal, (record) => record.exchange);
  const permitted = permittedByDigest(after.journal);
  const digestOf = commitmentsOf(after.home, after.journal);
  const opened = (attempt: Attempt): readonly JournalRecord[] =>
    digestOf(JSON.stringify({ id: attempt.id })).flatMap((digest) => permitted.get(digest) ?? []).filter(({ tool }) => tool === attempt.tool);
  const done = Map.groupBy(after.effects, (effect) => effect);
  return [
    ...after.attempts.flatMap((attempt) => lostOf(attempt, opened(attempt), byExchange, done)),
    ...[...done].flatMap(([effect, times]) => {
      const [tool = '', id = ''] = effect.split(' ');
      const records = opened({ id, tool, server: '', answer: undefined });
      return [
        ...(records.length === 0 ? [`${effect}: had effect without a call.permitted record`] : []),
        ...(times.length > 1 ? [`${effect}: had effect ${times.length} times`] : []),
        ...(tool === 'forbidden' ? [`${effect}: was forbidden and had effect`] : []),
      ];
    }),
    ...[...byExchange].flatMap(([exchange, records]) => unclosed(exchange, records)),
    ...duplicates(after.journal),
    ...after.survivors.map((pid) => `process ${pid} is still there`),
  ];
}

/** What a client was told must be in the journal. */
function lostOf(
  attempt: Attempt, opened: readonly JournalRecord[], byExchange: ReadonlyMap<string, readonly JournalRecord[]>, done: ReadonlyMap<string, unknown>,
): readonly string[] {
  const { answer, id, tool } = attempt;
  if (answer?.result !== undefined) {
    const delivered = opened.some(({ exchange }) => byExchange.get(exchange)?.some(({ event }) => event === 'result.delivered') === true);
    return [
      ...(opened.length === 0 ? [`${id}: has a result and no call.permitted`] : []),
      ...(delivered ? [] : [`${id}: has a result and no result.delivered`]),
      ...(done.has(`${tool} ${id}`) ? [] : [`${id}: has a result and no effect`]),
    ];
  }
  if (tool !== 'forbidden' || answer?.code !== 'ERR_TOOL_UNKNOWN') return [];
  const denied = byExchange.get(answer.exchange ?? '')?.some(({ event }) => event === 'call.denied') === true;
  return denied ? [] : [`${id}: was denied and no record says so`];
}

function unclosed(exchange: string, records: readonly JournalRecord[]): readonly string[] {
  const opens = records.filter(({ event }) => event === 'call.permitted').length;
  const closes = records.filter(({ event }) => CLOSING.has(event)).length;
  return opens === closes && opens <= 1 ? [] : [`exchange ${exchange}: ${records.map(({ event }) => event).join(', ')}`];
}

function duplicates(journal: readonly JournalRecord[]): readonly string[] {
  const seen = new Set<string>();
  return journal.flatMap(({ id }) => (seen.size === seen.add(id).size ? [`record ${id} is there twice`] : []));
}

function permittedByDigest(journal: readonly JournalRecord[]): ReadonlyMap<string, readonly JournalRecord[]> {
  const opening = journal.filter(({ event, digest }) => event === 'call.permitted' && digest !== undefined);
  return Map.groupBy(opening, ({ digest }) => digest ?? '');
}

/** The digests that a text may have in this journal: one for each day that it spans. */
function commitmentsOf(home: string, journal: readonly JournalRecord[]): (text: string) => readonly string[] {
  const days = new Map(journal.map(({ at }) => [new Date(at).toISOString().slice(0, 10), at]));
  const perDay = [...days.values()].map((at) => openCommitments(join(home, 'gateway', 'salts'), () => at));
  return (text) => perDay.map((commitments) => commitments.commit(text));
}
