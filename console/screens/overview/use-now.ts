import { useEffect, useState } from 'react';
import { useLive } from '../../api/live.tsx';
import type { LiveRecord } from '../../api/live.tsx';
import { agentId, serverId, STOPPED } from './flow.ts';

export interface Happened {
  readonly id: string;
  readonly at: number;
  readonly outcome: 'permitted' | 'stopped' | 'held';
  readonly agent: string;
  readonly server: string;
  readonly what: string;
}

interface Current {
  readonly moving: ReadonlySet<string>;
  readonly last: readonly Happened[];
}

const LAST_MAX = 4;
/** So long it is seen that something was there. */
const MOVES_MS = 2500;
/** Records that say what became of a call at the gate. */
const OUTCOMES: ReadonlyMap<string, Happened['outcome']> = new Map([
  ['call.permitted', 'permitted'], ['call.denied', 'stopped'], ['call.refused', 'stopped'], ['result.withheld', 'stopped'], ['approval.asked', 'held'],
]);
const STILL: ReadonlySet<string> = new Set();

/** What calls do at the moment, from the live stream: what of the map moves, and the last few of them. */
export function useNow(): Current {
  const { hear } = useLive();
  const [current, setCurrent] = useState<Current>({ moving: STILL, last: [] });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = hear((records) => {
      const calls = records.flatMap(read);
      if (calls.length === 0) return;
      const moving = new Set(calls.flatMap(({ outcome, agent, server }) => [agentId(agent), ...goesTo(outcome, server)]));
      setCurrent(({ last }) => ({ moving, last: [...calls.toReversed(), ...last].slice(0, LAST_MAX) }));
      clearTimeout(timer);
      timer = setTimeout(() => setCurrent(({ last }) => ({ moving: STILL, last })), MOVES_MS);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [hear]);
  return current;
}

/** What is held has not gone anywhere yet. */
function goesTo(outcome: Happened['outcome'], server: string): readonly string[] {
  if (outcome === 'held') return [];
  return [outcome === 'permitted' ? serverId(server) : STOPPED];
}

function read(record: LiveRecord): readonly Happened[] {
  const text = (field: string): string => {
    const value = record[field];
    return typeof value === 'string' ? value : '';
  };
  const [at, outcome] = [record['at'], OUTCOMES.get(text('event'))];
  if (outcome === undefined) return [];
  return [{ id: text('id'), at: typeof at === 'number' ? at : 0, outcome, agent: text('agent'), server: text('server'), what: text('tool') || text('method') }];
}
