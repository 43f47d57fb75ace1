import type { Pin } from '../../domain/server.ts';
import { showHidden } from '../../domain/hidden.ts';
import type { ScanFinding } from './judge.ts';
import { ownRule } from './rules.ts';
import type { Target } from './target.ts';

const NAMED_MAX = 50;

/** Where a server says one thing to us and another to a client by another name: what a person reads is not what agents get. */
export function differences(ours: Target, theirs: Target, as: string): readonly ScanFinding[] {
  const [known, given] = [itemsOf(ours), itemsOf(theirs)];
  const names = [...new Set([...known.keys(), ...given.keys()])].filter((key) => known.get(key)?.digest !== given.get(key)?.digest);
  return names.slice(0, NAMED_MAX).map((key) => {
    const [before, after] = [known.get(key), given.get(key)];
    const how = before === undefined ? 'is there only for' : after === undefined ? 'is not there for' : 'is described otherwise to';
    const { severity, what } = ownRule('surface/differs');
    return {
      rule: 'surface/differs', severity, server: ours.name, from: ours.from, item: (before ?? after)?.name ?? '', at: [], excerpt: '',
      message: `${what} It ${how} a client that calls itself ${showHidden(as)}.`,
    };
  });
}

function itemsOf({ surface: { instructions, tools, prompts, templates } }: Target): ReadonlyMap<string, Pin> {
  const all: readonly Pin[] = [...(instructions === undefined ? [] : [instructions]), ...tools, ...prompts, ...templates];
  return new Map(all.map((pin) => [`${pin.kind} ${pin.name}`, pin]));
}
