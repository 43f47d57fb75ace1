import { RE2JS } from 're2js';

const KNOWN = new Map<string, ((text: string) => boolean) | undefined>();
const KNOWN_MAX = 2_000;
const PATTERN_CHARS_MAX = 2_000;

/**
 * A pattern of ECMA-262 as schemas have them, run in linear time whoever wrote it; undefined where that is not possible (looking
 * ahead or back, references to groups, very long repetitions).
 */
export function patternOf(pattern: string): ((text: string) => boolean) | undefined {
  if (KNOWN.has(pattern)) return KNOWN.get(pattern);
  if (KNOWN.size >= KNOWN_MAX) KNOWN.clear();
  const made = compile(pattern);
  KNOWN.set(pattern, made);
  return made;
}

function compile(pattern: string): ((text: string) => boolean) | undefined {
  if (pattern.length > PATTERN_CHARS_MAX) return undefined;
  try {
    const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return (text) => compiled.test(text);
  } catch {
    return undefined;
  }
}
