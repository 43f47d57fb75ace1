import type { Category } from '../../domain/server.ts';
import type { ServerFact, ToolFact } from '../facts.ts';
import type { Check, Found } from '../item.ts';

/** Whole words of names that say which data a tool handles. */
const WORDS: Readonly<Record<Category, readonly string[]>> = {
  pii: ['email', 'phone', 'birthdate', 'passport', 'ssn', 'employee', 'salary'],
  phi: ['patient', 'diagnosis', 'medication', 'icd10', 'prescription'],
  pci: ['card', 'cvv', 'pan', 'iban'],
  secret: ['password', 'secret', 'apikey', 'credential', 'credentials'],
  source: ['repository', 'commit', 'sourcecode'],
};
const GRAVE: readonly string[] = ['destroy', 'transact'];
const CATEGORIES = ['pii', 'phi', 'pci', 'secret', 'source'] as const satisfies readonly Category[];

/** Labels and effects that are not what the tools look like, or what the gate saw in their answers. */
export const classification: Check = {
  id: 'classification', title: 'Classification that does not match the tools',
  find: ({ servers }) => servers.filter(({ status }) => status === 'approved').flatMap((server): readonly Found[] => {
    const why = [...labelsOff(server), ...effectsOff(server)];
    if (why.length === 0) return [];
    return [{
      subject: { kind: 'server', id: server.id }, severity: server.labels.confidentiality === 'public' ? 'high' : 'medium',
      title: `what ${server.id} is declared as is not what it looks like: ${why.slice(0, 3).join('; ')}${why.length > 3 ? ' …' : ''}`,
      evidence: { confidentiality: server.labels.confidentiality, categories: [...server.labels.categories], why }, owner: server.owner,
      revoke: { kind: 'quarantine-server', id: server.id }, change: { kind: 'task', what: `declare the labels and effects of ${server.id} as they are` },
    }];
  }),
};

function labelsOff({ labels, tools, seenCategories }: ServerFact): readonly string[] {
  const has = (category: Category): boolean => labels.categories.includes(category);
  return CATEGORIES.filter((category) => !has(category)).flatMap((category) => {
    if (seenCategories.includes(category)) return [`its answers carried ${category}`];
    const tool = tools.find((one) => !one.categories.includes(category) && names(one).some((word) => WORDS[category].includes(word)));
    // A word in one name may mean anything; where the server calls its data public or internal, it should not.
    return tool === undefined || labels.confidentiality === 'restricted' || labels.confidentiality === 'confidential' ? []
      : [`${tool.name} speaks of ${category}`];
  });
}

/** Somebody confirmed that what is called as if it destroyed or paid only reads or writes. */
function effectsOff({ tools }: ServerFact): readonly string[] {
  return tools.filter(({ confirmed, effect, looksLike }) => confirmed && GRAVE.includes(looksLike) && !GRAVE.includes(effect))
    .map(({ name, effect, looksLike }) => `${name} is confirmed as ${effect} and looks like ${looksLike}`);
}

function names({ name, properties }: ToolFact): readonly string[] {
  return [name, ...properties].flatMap((text) => text.replaceAll(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2').toLowerCase().match(/[\p{L}\d]+/gu) ?? []);
}
