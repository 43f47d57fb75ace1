import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { apiUrl } from './client.ts';
import { useSpace } from './space.ts';

/** `over`: the session, or the role that it had, ended while the page was open. */
export type LiveState = 'connecting' | 'live' | 'lost' | 'over';
export type LiveRecord = Readonly<Record<string, unknown>>;

interface Live {
  readonly state: LiveState;
  /** Why it is over, as an error code. */
  readonly why: string;
  /** Hears every record from now on; gives what ends that. */
  readonly hear: (listen: (records: readonly LiveRecord[], dropped: number) => void) => () => void;
  readonly again: () => void;
}

const LiveContext = createContext<Live>({ state: 'connecting', why: '', hear: () => () => undefined, again: () => undefined });

/** Changes come in bursts: what they touch is asked for at most so often. */
const REFRESH_MS = 1000;

/** One stream for the whole page: it says what changed, and whoever may read the log gets records as they are written. */
export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const { space } = useSpace();
  const answers = useQueryClient();
  const [state, setState] = useState<LiveState>('connecting');
  const [why, setWhy] = useState('');
  const [round, setRound] = useState(0);
  const listeners = useRef(new Set<(records: readonly LiveRecord[], dropped: number) => void>());

  useEffect(() => {
    const source = new EventSource(apiUrl('/live', { space }));
    const stale = new Set<string>();
    const timer = setInterval(() => {
      // `*`: what is in force was changed, and anything may show it.
      if (stale.has('*')) void answers.invalidateQueries();
      else for (const topic of stale) void answers.invalidateQueries({ queryKey: [topic] });
      stale.clear();
    }, REFRESH_MS);
    let wasLost = false;
    source.addEventListener('hello', () => {
      setState('live');
      // What happened meanwhile was told to nobody.
      if (wasLost) void answers.invalidateQueries();
      wasLost = false;
    });
    source.addEventListener('changed', (event) => {
      for (const topic of stringsOf(read(event)['topics'])) stale.add(topic);
    });
    source.addEventListener('records', (event) => {
      const { records, dropped } = read(event);
      const list = Array.isArray(records) ? records.filter((one): one is LiveRecord => typeof one === 'object' && one !== null) : [];
      for (const listen of listeners.current) listen(list, typeof dropped === 'number' ? dropped : 0);
    });
    source.addEventListener('over', (event) => {
      const code = read(event)['code'];
      setWhy(typeof code === 'string' ? code : '');
      setState('over');
      source.close();
      void answers.invalidateQueries({ queryKey: ['me'] });
    });
    source.addEventListener('error', () => {
      wasLost = true;
      setState('lost');
      // The browser tries again by itself unless the answer was a refusal.
      if (source.readyState === EventSource.CLOSED) void answers.invalidateQueries({ queryKey: ['me'] });
    });
    return () => {
      clearInterval(timer);
      source.close();
    };
  }, [answers, space, round]);

  const live = useMemo<Live>(() => ({
    state, why,
    hear: (listen) => {
      listeners.current.add(listen);
      return () => listeners.current.delete(listen);
    },
    again: () => {
      setState('connecting');
      setRound((before) => before + 1);
    },
  }), [state, why]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  return useContext(LiveContext);
}

function read(event: MessageEvent<string>): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(event.data);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
