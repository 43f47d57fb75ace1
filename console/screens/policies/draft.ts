import { useEffect, useState } from 'react';
import { useSpace } from '../../api/space.ts';

interface Kept {
  readonly source: string;
  /** The digest of what it was made from; '' for nothing. */
  readonly was: string;
}

/** What somebody is writing, over what stands in force. */
export interface Draft extends Kept {
  readonly isChanged: boolean;
  /** Something else stands there now than what this was made from. */
  readonly isBehind: boolean;
  readonly write: (source: string) => void;
  /** Forgets what was written. */
  readonly drop: () => void;
  /** Goes on with what was written, over what stands there now. */
  readonly keep: () => void;
}

/** A text that stays in this tab until it is in force or dropped: over a reload, an ended session, and others' changes. */
export function useDraft(name: string, stored: { readonly source: string; readonly digest: string } | undefined): Draft {
  const { space = 'default' } = useSpace();
  const key = `policies ${space} ${name}`;
  const [mine, setMine] = useState<Kept | undefined>(() => read(key));
  useEffect(() => {
    if (mine === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify(mine));
  }, [key, mine]);
  const [theirs, digest] = [stored?.source ?? '', stored?.digest ?? ''];
  const isChanged = mine !== undefined && mine.source !== theirs;
  const was = isChanged ? mine.was : digest;
  return {
    source: isChanged ? mine.source : theirs, was, isChanged, isBehind: isChanged && mine.was !== digest,
    write: (source) => setMine({ source, was }),
    drop: () => setMine(undefined),
    keep: () => setMine(mine === undefined ? undefined : { ...mine, was: digest }),
  };
}

function read(key: string): Kept | undefined {
  const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
  if (typeof kept !== 'object' || kept === null || !('source' in kept) || !('was' in kept)) return undefined;
  return typeof kept.source === 'string' && typeof kept.was === 'string' ? { source: kept.source, was: kept.was } : undefined;
}
