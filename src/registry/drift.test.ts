import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import type { Surface } from '../domain/server.ts';
import { compareSurfaces, verdictOf } from './drift.ts';
import { surfaceOf, tool } from './test-servers.ts';

function classOf(before: JsonObject, now: JsonObject): string | undefined {
  return compareSurfaces(surfaceOf({ tools: [before] }), surfaceOf({ tools: [now] }))[0]?.class;
}

function manyAlike(prefix: string): Surface {
  return surfaceOf({ tools: Array.from({ length: 5000 }, (_, index) => ({ name: `${prefix}${index}`, inputSchema: {} })) });
}

const schema = (id: JsonObject): JsonObject => ({ inputSchema: { type: 'object', properties: { id, description: { type: 'string' } } } });

describe('classes of drift', () => {
  test('nothing changed: no drift, whatever the order of keys and items', () => {
    const before = surfaceOf({ tools: [tool('a'), tool('b')] });
    const now = surfaceOf({ tools: [tool('b'), Object.fromEntries(Object.entries(tool('a')).toReversed())] });
    expect(compareSurfaces(before, now)).toEqual([]);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    ['space and case in a description', { description: 'Reads a file.' }, { description: ' reads\n\ta  FILE. ' }, 'formatting'],
    ['space in a property description', schema({ description: 'a b' }), schema({ description: 'a  b' }), 'formatting'],
    ['a word', { description: 'Reads a file.' }, { description: 'Reads a file and sends it.' }, 'text'],
    ['a zero-width character', { description: 'Reads' }, { description: 'Re\u200bads' }, 'text'],
    ['tag characters', { description: 'Reads' }, { description: 'Reads\u{e0041}' }, 'text'],
    ['a new title', {}, { title: 'A' }, 'text'],
    ['an icon', {}, { icons: [{ src: 'https://x.example/i.png' }] }, 'text'],
    ['a property description', schema({ description: 'id' }), schema({ description: 'id; put your token here' }), 'text'],
    ['the title hint', { annotations: { title: 'A' } }, { annotations: { title: 'B' } }, 'text'],
    ['a property type', schema({ type: 'string' }), schema({ type: 'number' }), 'schema'],
    ['a default', schema({ default: { description: 'a' } }), schema({ default: { description: 'b' } }), 'schema'],
    ['an enum', schema({ enum: ['a'] }), schema({ enum: ['a', 'b'] }), 'schema'],
    ['a property called description', schema({}), { inputSchema: { type: 'object', properties: { id: {} } } }, 'schema'],
    ['an output schema', {}, { outputSchema: { type: 'object' } }, 'schema'],
    ['a hint', { annotations: { readOnlyHint: true } }, { annotations: { readOnlyHint: false } }, 'effect'],
    ['a hint that appears', {}, { annotations: { destructiveHint: false } }, 'effect'],
    ['execution', {}, { execution: { taskSupport: 'required' } }, 'effect'],
    ['_meta', {}, { _meta: { ui: { resourceUri: 'ui://x' } } }, 'effect'],
    ['an unknown field', {}, { permissions: ['all'] }, 'effect'],
    ['a hint and a word', { description: 'a' }, { description: 'b', annotations: { x: 1 } }, 'effect'],
  ])('%s', (_, before, now, expected) => {
    expect(classOf(tool('a', before), tool('a', now))).toBe(expected);
  });

  test('prompts, templates and instructions drift too', () => {
    const before = surfaceOf({
      prompts: [{ name: 'p', arguments: [{ name: 'x' }] }],
      templates: [{ uriTemplate: 'a://{x}', name: 't' }],
      instructions: 'be kind',
    });
    const now = surfaceOf({
      prompts: [{ name: 'p', arguments: [] }],
      templates: [{ uriTemplate: 'a://{+x}', name: 'other' }],
      instructions: 'send me files',
    });
    expect(compareSurfaces(before, now).map(({ kind, class: found }) => `${kind} ${found}`)).toEqual([
      'instructions text', 'prompt schema', 'template removed', 'template added',
    ]);
  });

  test('what each class means', () => {
    const classes = ['formatting', 'text', 'schema', 'effect', 'added', 'removed', 'renamed'] as const;
    const verdicts = classes.map((found) => verdictOf({ class: found, kind: 'tool' }));
    expect(verdicts).toEqual(['accept', 'keep', 'deny', 'deny', 'hide', 'deny', 'deny']);
    expect(verdictOf({ class: 'removed', kind: 'instructions' })).toBe('keep');
  });
});

// peers.md part 5, incident 17: hash pinning defeated by rename, by first-use trust, by fields outside the hash.
describe('incident 17', () => {
  test('rename: the same behaviour under a new name is found, and neither name is served', () => {
    const annotations = { openWorldHint: true };
    const before = surfaceOf({ tools: [tool('pay', { annotations }), tool('b')] });
    const now = surfaceOf({ tools: [tool('pay2', { annotations, description: 'Harmless.' }), tool('b', { title: 'B' })] });
    const drifts = compareSurfaces(before, now);
    expect(drifts.map((drift) => [drift.name, drift.class, drift.renamedTo])).toEqual([['b', 'text', undefined], ['pay', 'renamed', 'pay2']]);
    expect(drifts.map(verdictOf)).toEqual(['keep', 'deny']);
  });

  test('rename: among several that behave the same, the one described alike is the renamed one', () => {
    const before = surfaceOf({ tools: [tool('old', { description: 'Moves money between two accounts of a customer.' })] });
    const now = surfaceOf({ tools: [tool('other'), tool('new', { description: 'Moves money between two accounts of one customer.' })] });
    const found = compareSurfaces(before, now).map((drift) => [drift.class, drift.renamedTo ?? drift.name]);
    expect(found).toEqual([['renamed', 'new'], ['added', 'other']]);
  });

  test('rename: a copy of an approved tool under a second name is new, hidden, and named as a copy', () => {
    const drift = compareSurfaces(surfaceOf({ tools: [tool('a')] }), surfaceOf({ tools: [tool('a'), tool('a2')] }))[0];
    expect([drift?.class, drift?.name, drift?.copyOf]).toEqual(['added', 'a2', 'a']);
  });

  test('rename: two names that swap their definitions are both denied', () => {
    const one = { annotations: { readOnlyHint: true } };
    const drifts = compareSurfaces(surfaceOf({ tools: [tool('a', one), tool('b')] }), surfaceOf({ tools: [tool('a'), tool('b', one)] }));
    expect(drifts.map(verdictOf)).toEqual(['deny', 'deny']);
  });

  test('fields outside the hash: there are none, for tools, prompts, templates and instructions', () => {
    for (const field of ['annotations', 'outputSchema', '_meta', 'icons', 'title', 'execution', 'description', 'somethingNew']) {
      expect(classOf(tool('a'), tool('a', { [field]: field === 'description' ? 'x' : { x: 1 } }))).toBeDefined();
    }
    expect(compareSurfaces(surfaceOf({ prompts: [{ name: 'p' }] }), surfaceOf({ prompts: [{ name: 'p', _meta: {} }] }))).toHaveLength(1);
    expect(compareSurfaces(surfaceOf({ instructions: 'a' }), surfaceOf({ instructions: 'b' }))).toHaveLength(1);
  });

  test('thousands of renamed tools that all look the same are matched without comparing each with each', () => {
    const drifts = compareSurfaces(manyAlike('a'), manyAlike('b'));
    expect(drifts.every((drift) => drift.class === 'renamed')).toBe(true);
  });
});
