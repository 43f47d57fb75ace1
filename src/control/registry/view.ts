import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import type { Store } from '../../store/store.ts';
import { readListed } from './listed.ts';
import type { Listed } from './listed.ts';
import type { Presenting } from './present.ts';

/** What is published at one moment. */
export interface RegistryView extends Presenting {
  readonly listed: readonly Listed[];
}

export interface RegistryKeeper {
  /** The default space's: as the store is, or was at most `LIMITS.registryFreshMs` ago where nothing was changed here since. */
  readonly view: () => Promise<RegistryView>;
}

export interface RegistryParts {
  readonly store: Store;
  /** Differs after each change that was made here. */
  readonly head: () => unknown;
  /** What is in force. */
  readonly knowledge: () => Pick<Knowledge, 'advisoriesFor'>;
  readonly now: () => number;
}

/** Strangers may ask for the list as often as they like: it is made once for all who ask at one time. */
export function createRegistryKeeper({ store, head, knowledge, now }: RegistryParts): RegistryKeeper {
  let kept: { readonly at: number; readonly head: unknown; readonly view: Promise<RegistryView> } | undefined;
  return {
    view: async () => {
      if (kept !== undefined && kept.head === head() && now() - kept.at < LIMITS.registryFreshMs) return kept.view;
      const view = readListed(store, DEFAULT_SPACE, now()).then((read) => ({ ...read, advisoriesFor: knowledge().advisoriesFor }));
      const one = { at: now(), head: head(), view };
      kept = one;
      view.catch(() => {
        if (kept === one) kept = undefined;
      });
      return view;
    },
  };
}
