const WORD = /\p{L}[\p{L}'’-]*/gu;
const WORDS_MAX = 3;

/** A name as texts are searched for it; undefined: it is a single word, or more than are looked at, and would be found too often or never. */
export function nameForm(name: string): string | undefined {
  const words = name.toLowerCase().match(WORD) ?? [];
  return words.length > 1 && words.length <= WORDS_MAX ? words.join(' ') : undefined;
}

/** Names of the directory, of two or three words: a single word is a name too seldom. Linear in the words. */
export function peopleIn(text: string, people: ReadonlySet<string>): readonly (readonly [number, number])[] {
  const words = [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ word: word.toLowerCase(), start: index, end: index + word.length }));
  return words.flatMap((first, index) => {
    let name = first.word;
    for (const next of words.slice(index + 1, index + WORDS_MAX)) {
      name += ` ${next.word}`;
      if (people.has(name)) return [[first.start, next.end] as const];
    }
    return [];
  });
}
