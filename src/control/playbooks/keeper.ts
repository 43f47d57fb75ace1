import type { KeyObject } from 'node:crypto';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { startAutomatic } from './automatic.ts';
import { createEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { signingOf } from './library.ts';
import type { Signing } from './library.ts';

/** What runs playbooks. */
export interface PlaybookKeeper {
  readonly signing: Signing;
  readonly engine: () => Engine;
}

/** `control`: asked for when it is first needed, as it is made with this. */
export function createPlaybooks(key: KeyObject, now: () => number, control: () => Control): PlaybookKeeper {
  const signing = signingOf(key, now);
  let engine: Engine | undefined;
  return { signing, engine: () => (engine ??= createEngine(control(), signing)) };
}

/** What control was at when it ended is gone on with; incidents that were opened meanwhile are answered. */
export function tendPlaybooks(control: Control): () => Promise<void> {
  const { signing, engine } = control.playbooks;
  let [told, ended]: [string, boolean] = ['', false];
  const work = async (): Promise<void> => {
    try {
      for (const [space, id] of await startAutomatic(control, signing)) engine().go(space, id);
      if (!ended) await engine().look();
      told = '';
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      if (why !== told && !ended) control.report(`playbooks are not looked after: ${why}`);
      told = why;
    }
  };
  let working: Promise<void> | undefined = work();
  const timer = setInterval(() => {
    working ??= work().finally(() => {
      working = undefined;
    });
  }, LIMITS.playbookLookMs);
  working = working.finally(() => {
    working = undefined;
  });
  return async () => {
    ended = true;
    clearInterval(timer);
    await working;
    await engine().close();
  };
}
