/** What `toUpperCase` and `toLowerCase` do not give, of Unicode's simple case folding (CaseFolding.txt, statuses C and S). */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([
  ['\u0131', '\u0131'], // dotless i folds to itself; its upper case is I, which folds to i
  ['\u1fd3', '\u0390'],
  ['\u1fe3', '\u03b0'],
  ['\ufb05', '\ufb06'],
]);

// Anything but printable ASCII without capitals: only such a key can fold onto another one.
const FOLDING = /[^ -@[-~]/;

/** Whether a key can be equal to another key under case folding without being the same key. */
export function needsFolding(key: string): boolean {
  return FOLDING.test(key);
}

// oxlint-disable-next-line no-control-regex -- the ASCII range is meant
const ASCII = /^[\x00-\x7f]*$/;

/** Two keys are equal under Unicode simple case folding exactly if this gives the same text for both. */
export function foldKey(key: string): string {
  if (ASCII.test(key)) return key.toLowerCase();
  let folded = '';
  for (const character of key) folded += foldCharacter(character);
  return folded;
}

/** One code point at a time, and never to more than one: full mappings (ß → SS) are not simple folding. */
function foldCharacter(character: string): string {
  const exception = EXCEPTIONS.get(character);
  if (exception !== undefined) return exception;
  const upper = single(character.toUpperCase(), character);
  return single(upper.toLowerCase(), upper);
}

function single(mapped: string, original: string): string {
  const point = mapped.codePointAt(0) ?? 0;
  return mapped.length === (point > 0xffff ? 2 : 1) ? mapped : original;
}
