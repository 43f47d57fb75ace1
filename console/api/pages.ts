import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from './client.ts';
import type { Query } from './client.ts';
import { useSpace } from './space.ts';

/** A long list of which only the pages in sight are held. */
export interface Pages<Row> {
  /** As many as there are; what isn't held is undefined. */
  readonly rows: readonly (Row | undefined)[];
  readonly loading: boolean;
  readonly error: Error | null;
  /** Say which rows are in sight. */
  readonly see: (first: number, last: number) => void;
}

const SIZE = 100;
/** Pages out of sight are forgotten. */
const KEEP_MS = 5_000;

/** A list by `offset` and `limit`; `total` says how many there are in all. */
export function usePages<Answer, Row>(
  path: string, query: Query, rowsOf: (answer: Answer) => readonly Row[], totalOf: (answer: Answer) => number,
): Pages<Row> {
  const { space } = useSpace();
  const [[from, to], setSight] = useState<readonly [number, number]>([0, 0]);
  const pages = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const answers = useQueries({
    queries: pages.map((page) => ({
      queryKey: [path.split('/')[1] ?? '', path, space, query, page], gcTime: KEEP_MS, placeholderData: keepPreviousData,
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        ask<Answer>({ method: 'GET', path, query: { ...query, space, limit: SIZE, offset: page * SIZE, count: 'true' }, signal }),
    })),
  });
  const known = answers.find(({ data }) => data !== undefined)?.data;
  const rows: (Row | undefined)[] = Array.from({ length: known === undefined ? 0 : totalOf(known) });
  answers.forEach(({ data, isPlaceholderData }, index) => {
    if (data === undefined || isPlaceholderData) return;
    for (const [place, row] of rowsOf(data).entries()) rows[(from + index) * SIZE + place] = row;
  });
  return {
    rows, loading: known === undefined && answers.some(({ isLoading }) => isLoading), error: answers.find(({ error }) => error !== null)?.error ?? null,
    see: (first, last) => {
      const next = [Math.floor(first / SIZE), Math.floor(last / SIZE)] as const;
      if (next[0] !== from || next[1] !== to) setSight(next);
    },
  };
}
