import { RE2JS } from 're2js';

/** One place where a pattern matches; `groups[0]` is all of it. */
interface Place {
  readonly index: number;
  readonly groups: readonly (string | undefined)[];
}

/** The places where a pattern matches a part of a text: the one at its beginning, or each. */
export type Pattern = (part: string) => readonly Place[];

/** `pattern`: sticky for the place at the beginning, global for each. */
export function nativePattern(pattern: RegExp): Pattern {
  return (part) => {
    pattern.lastIndex = 0;
    if (!pattern.sticky) return [...part.matchAll(pattern)].map((match) => ({ index: match.index, groups: match }));
    const match = pattern.exec(part);
    return match === null ? [] : [{ index: match.index, groups: match }];
  };
}

/** The same in linear time, whoever wrote the pattern. Throws for what can't be: looking ahead or back, references to groups. */
export function linearPattern(source: string, everywhere: boolean): Pattern {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  const count = compiled.groupCount();
  return (part) => {
    const matcher = compiled.matcher(part);
    const places: Place[] = [];
    while (everywhere ? matcher.find() : places.length === 0 && matcher.lookingAt()) {
      places.push({ index: matcher.start(), groups: Array.from({ length: count + 1 }, (_, group) => matcher.group(group) ?? undefined) });
    }
    return places;
  };
}

export function linearTest(source: string): (text: string) => boolean {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(source));
  return (text) => compiled.test(text);
}

/** How many groups a pattern has. Throws for what can't be run in linear time. */
export function groupsOf(source: string): number {
  return RE2JS.compile(RE2JS.translateRegExp(source)).groupCount();
}
