import type { Detector, Sight } from '../domain/detector.ts';
import type { Finding } from '../domain/finding.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { DetectorInfo } from './rules.ts';

const LYING = ['MCP03', 'ASI02', 'AML.T0110', 'SAFE-T1104', 'MCP-T9'] as const;

export const info = {
  facets: ['definition'],
  rules: {
    'read-only': { severity: 'medium', what: 'Its name or description says that it changes something, its annotation that it only reads.', catalogues: LYING },
    'not-destructive': { severity: 'medium', what: 'Its name or description says that it destroys, its annotation that it does not.', catalogues: LYING },
    'closed-world': { severity: 'low', what: 'It takes an address from anywhere, and its annotation says that it stays in a closed world.', catalogues: LYING },
  },
} as const satisfies DetectorInfo<'annotations'>;

/** What a name says first: verbs that are no nouns (`post_count` and `commit_history` change nothing). */
const DESTROYS = /^(?:delete|remove|destroy|drop|purge|erase|wipe|truncate|terminate|kill|uninstall|revoke)$/;
const CHANGES = /^(?:create|write|update|insert|upsert|append|modify|rename|upload|publish|send|pay|execute|deploy|merge)$/;
/** What a description says first (`Deletes a row`); in the third person more words are verbs. */
const SAYS_DESTROYS = /^(?:deletes|removes|destroys|drops|purges|erases|wipes|truncates|terminates|kills|uninstalls|revokes)$/;
const SAYS_CHANGES = new RegExp([
  '^(?:creates|writes|updates|inserts|upserts|appends|modifies|renames|uploads|publishes|sends|pays|executes|deploys|merges',
  'posts|replies|edits|moves|transfers|purchases|refunds|installs|commits|pushes|forwards)$',
].join('|'));
const ADDRESS = /^(?:url|uri|endpoint|webhook(?:_?url)?|target_?url|base_?url)$/i;

/** Annotations are hints of the server about itself; one that its own words contradict is worse than none. */
export const detector: Detector = {
  id: 'annotations',
  facets: info.facets,
  detect: (sight) => {
    const found = definitionsIn(sight).flatMap(({ json, at }) => contradictions(json).map((rule) => ({ rule, at: `${at}/annotations` })));
    return Object.keys(info.rules).flatMap((name) => {
      const places = found.filter(({ rule }) => rule === name).map(({ at }) => at);
      return places.length === 0 ? [] : [findingOf(name, places)];
    });
  },
};

function findingOf(rule: string, at: readonly string[]): Finding {
  const severity = rule === 'closed-world' ? info.rules['closed-world'].severity : info.rules['read-only'].severity;
  return { detector: 'annotations', rule, severity, at };
}

function definitionsIn({ subject: { json, at } }: Sight): readonly { readonly json: JsonObject; readonly at: string }[] {
  if (!isObject(json)) return [];
  const tools = json['tools'];
  if (!isArray(tools)) return [{ json, at }];
  return tools.flatMap((tool, index) => (isObject(tool) ? [{ json: tool, at: `${at}/tools/${index}` }] : []));
}

function contradictions(definition: JsonObject): readonly (keyof (typeof info)['rules'])[] {
  const annotations = definition['annotations'];
  if (!isObject(annotations)) return [];
  const named = [firstWord(definition['name']), firstWord(definition['title']), firstWord(definition['description'])];
  const says = firstWord(definition['description']);
  const destroys = SAYS_DESTROYS.test(says) || named.some((word) => DESTROYS.test(word));
  const changes = destroys || SAYS_CHANGES.test(says) || named.some((word) => CHANGES.test(word));
  return [
    ...(annotations['readOnlyHint'] === true && changes ? ['read-only' as const] : []),
    ...(annotations['readOnlyHint'] !== true && annotations['destructiveHint'] === false && destroys ? ['not-destructive' as const] : []),
    ...(annotations['openWorldHint'] === false && takesAddress(definition) ? ['closed-world' as const] : []),
  ];
}

/** `deleteRow`, `delete-row` and `Delete a row` begin alike. */
function firstWord(text: Json | undefined): string {
  if (typeof text !== 'string') return '';
  return /^[^\p{L}]{0,16}(\p{Lu}?\p{Ll}{1,24}|\p{Lu}{2,24})(?![\p{Ll}])/u.exec(text)?.[1]?.toLowerCase() ?? '';
}

function takesAddress(definition: JsonObject): boolean {
  const schema = definition['inputSchema'];
  const properties = isObject(schema) ? schema['properties'] : undefined;
  return isObject(properties) && Object.keys(properties).some((name) => ADDRESS.test(name));
}
