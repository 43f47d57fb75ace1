import { keepPreviousData, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query';
import { ask, Refusal } from './client.ts';
import type { Query, Request } from './client.ts';
import { useSpace } from './space.ts';

/** Answers are asked for anew when control says that they changed (`live.ts`), and at the latest after this. */
const STALE_MS = 30_000;

export function createAnswers(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: STALE_MS, refetchOnWindowFocus: true,
        retry: (count, error) => error instanceof Refusal && (error.status === 0 || error.status === 503) && count < 3,
      },
      mutations: { retry: false },
    },
  });
}

/** The first segment of a path: what `changed` events of the live stream name. */
function topicOf(path: string): string {
  return path.split('/')[1] ?? '';
}

export interface AskOptions {
  /** Off: not asked, for what depends on something that isn't there yet. */
  readonly when?: boolean;
  /** Ask again so often, for what no event tells of. */
  readonly everyMs?: number;
  /** What is the whole organisation's is asked for without a space. */
  readonly reach?: 'space' | 'organisation';
}

/** The answer of a `GET` in the space that is looked at; the one before stays on the screen while a filter changes. */
export function useAsk<T>(path: string, query: Query = {}, { when = true, everyMs, reach }: AskOptions = {}): UseQueryResult<T> {
  const space = useSpaceOf(reach);
  return useQuery<T>({
    queryKey: [topicOf(path), path, space, query], enabled: when, placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ask<T>({ method: 'GET', path, query: { ...query, space }, signal }),
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
}

/** Does something through the API. What it may have changed is asked for anew, whatever the live stream says later. */
export function useChange<T>(reach?: AskOptions['reach']): UseMutationResult<T, Error, Request> {
  const space = useSpaceOf(reach);
  const answers = useQueryClient();
  return useMutation<T, Error, Request>({
    mutationFn: (request) => ask<T>({ ...request, query: { ...request.query, space } }),
    onSettled: async (_answer, _error, request) => {
      await answers.invalidateQueries({ queryKey: [topicOf(request.path)] });
    },
  });
}

function useSpaceOf(reach: AskOptions['reach']): string | undefined {
  const { space } = useSpace();
  return reach === 'organisation' ? undefined : space;
}
