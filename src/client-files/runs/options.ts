/** Which words of a command line are options, and which of these take the next word as their value. */
export interface OptionWords {
  readonly values: ReadonlySet<string>;
}

export interface TakenOptions {
  /** Every option with a value, in order; `--a=b` as `['--a', 'b']`. */
  readonly given: readonly (readonly [string, string])[];
  /** What stands after the options: the first word that is none, and all after it. */
  readonly rest: readonly string[];
}

export function optionWords(values: string): OptionWords {
  return { values: new Set(values.split(' ').filter((word) => word !== '')) };
}

/** Takes the options off the front. An unknown option counts as one without a value; `--` ends them. */
export function takeOptions(words: readonly string[], { values }: OptionWords): TakenOptions {
  const given: (readonly [string, string])[] = [];
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') return { given, rest: words.slice(at + 1) };
    if (!word.startsWith('-') || word === '-') break;
    const equals = word.startsWith('--') ? word.indexOf('=') : -1;
    if (equals > 0) given.push([word.slice(0, equals), word.slice(equals + 1)]);
    else if (values.has(word)) given.push([word, words[at += 1] ?? '']);
    else given.push([word, '']);
  }
  return { given, rest: words.slice(at) };
}

/** The value of the first option of one of these names. */
export function optionOf({ given }: TakenOptions, ...names: readonly string[]): string | undefined {
  return given.find(([name]) => names.includes(name))?.[1];
}
