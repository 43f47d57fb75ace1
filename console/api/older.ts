import { useInfiniteQuery } from '@tanstack/react-query';
import { ask } from './client.ts';
import { useSpace } from './space.ts';

/** What is told from the end: the newest part first, older ones when they are asked for. */
export interface Older<Answer> {
  /** The oldest part first. */
  readonly answers: readonly Answer[];
  readonly error: Error | null;
  readonly loading: boolean;
  /** Asks for the part before; undefined: that was the first. */
  readonly older: (() => void) | undefined;
}

/** An answer whose `next` is where older entries go on (`after`). */
export function useOlder<Answer extends { readonly next?: number | undefined }>(path: string): Older<Answer> {
  const { space } = useSpace();
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey: [path.split('/')[1] ?? '', path, space, 'older'], initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) => ask<Answer>({ method: 'GET', path, query: { space, after: pageParam }, signal }),
    getNextPageParam: ({ next }: Answer) => next,
  });
  return {
    answers: data?.pages.toReversed() ?? [], error, loading: isFetching,
    older: hasNextPage ? () => {
      void fetchNextPage();
    } : undefined,
  };
}
