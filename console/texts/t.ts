import en from './en.json' with { type: 'json' };

type Catalogue = typeof en;
/** Every text of the console, as `section.name`. */
export type TextKey = { [Section in keyof Catalogue]: `${Section}.${keyof Catalogue[Section] & string}` }[keyof Catalogue];
export type TextValues = Readonly<Record<string, string | number>>;

const TEXTS: ReadonlyMap<string, string> = new Map(
  Object.entries(en).flatMap(([section, texts]) => Object.entries(texts).map(([name, text]): [string, string] => [`${section}.${name}`, text])),
);
const PLURAL = new Intl.PluralRules('en');

/**
 * A text of the catalogue. `{name}` stands for a value; `one thing|{count} things` gives the form for `count`. Values go in as they
 * are: what comes from agents or servers belongs into `<Text>`, not in here.
 */
export function t(key: TextKey, values: TextValues = {}): string {
  const forms = (TEXTS.get(key) ?? key).split('|');
  const form = forms.length > 1 && PLURAL.select(Number(values['count'])) !== 'one' ? forms[1] : forms[0];
  return (form ?? key).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === 'number' ? value.toLocaleString('en') : value ?? '';
  });
}

/** A text for a word of the API (a state, an effect …), where the catalogue has one; else the word itself. */
export function tWord(section: keyof Catalogue, word: string): string {
  return TEXTS.get(`${section}.${word}`) ?? word;
}
