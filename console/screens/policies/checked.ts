import { useEffect, useState } from 'react';
import type { Checked } from '../../../src/control/policies/answer.ts';
import { ask } from '../../api/client.ts';
import { useSpace } from '../../api/space.ts';
import type { NamedText } from './files-with.ts';

export interface Checking {
  readonly checked: Checked | undefined;
  readonly error: unknown;
  readonly working: boolean;
}

const TYPED_MS = 350;

/** What the compiler says of these files, asked a moment after the last change. */
export function useCheck(policies: readonly NamedText[], when: boolean): Checking {
  const { space } = useSpace();
  const [found, setFound] = useState<Checking>({ checked: undefined, error: undefined, working: false });
  const body = JSON.stringify({ policies });
  useEffect(() => {
    if (!when) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setFound((before) => ({ ...before, working: true }));
      ask<Checked>({ method: 'POST', path: '/policies/check', query: { space }, body: JSON.parse(body), signal: stop.signal }).then(
        (checked) => setFound({ checked, error: undefined, working: false }),
        (error: unknown) => {
          if (!stop.signal.aborted) setFound({ checked: undefined, error, working: false });
        },
      );
    }, TYPED_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [body, space, when]);
  return found;
}
