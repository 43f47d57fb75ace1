import { describe, expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { guessEffect } from './effects.ts';
import { readSurface, unknownDeclarations } from './surface.ts';
import { LABELS, surfaceOf, tool } from './test-servers.ts';

describe('readSurface', () => {
  test('keeps every field of a definition, also unknown ones', () => {
    const definition = tool('a', { annotations: { odd: 1 }, outputSchema: {}, _meta: { x: 1 }, icons: [], execution: {}, unknown: true });
    expect(surfaceOf({ tools: [definition] }).tools[0]?.definition).toEqual(definition);
  });

  test('reads serverInfo and instructions of both eras', () => {
    const hello = { instructions: 'hi', capabilities: {}, _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'm' } } };
    const raw = { revision: '2026-07-28' as const, eras: ['modern' as const], hello, tools: [], prompts: [], templates: [] };
    const surface = readSurface(raw, { labels: LABELS, tools: {} });
    expect(surface.serverInfo).toEqual({ name: 'm' });
    expect(surface.instructions?.definition).toEqual({ instructions: 'hi' });
    expect(surfaceOf({}).serverInfo).toEqual({ name: 'x', version: '1' });
  });

  test('a declared effect is confirmed; without one the guess stands unconfirmed', () => {
    const surface = surfaceOf({ tools: [tool('a'), tool('b')], declared: { a: { effect: 'read' }, typo: { effect: 'read' } } });
    expect(surface.tools.map(({ effect, confirmed }) => [effect, confirmed])).toEqual([['read', true], ['destroy', false]]);
    expect(unknownDeclarations(surface, { a: { effect: 'read' }, typo: { effect: 'read' } })).toEqual(['typo']);
    expect(surfaceOf({ tools: [tool('constructor')] }).tools[0]?.confirmed).toBe(false);
  });

  test.each<[string, JsonObject[]]>([
    ['listed twice', [tool('a'), tool('a')]],
    ['not allowed', [tool('pay\u200b')]],
    ['not allowed', [tool('раy')]],
    ['not allowed', [tool('')]],
    ['not allowed', [tool('a'.repeat(129))]],
    ['has no name', [{ description: 'x' }]],
    ['over', [tool('a', { inputSchema: { description: 'x'.repeat(LIMITS.schemaBytesMax) } })]],
    ['over', [tool('a', { _meta: { x: 'x'.repeat(LIMITS.definitionBytesMax) } })]],
  ])('refuses a surface with a tool that is %s', (message, tools) => {
    expect(() => surfaceOf({ tools })).toThrow(message);
  });

  test('refuses too many items, too many pages and what is not a list', () => {
    const raw = { revision: '2025-11-25' as const, eras: [], hello: {}, prompts: [], templates: [] };
    const context = { labels: LABELS, tools: {} };
    const many = Array.from({ length: LIMITS.surfaceItemsMax + 1 }, (_, index) => tool(`t${index}`));
    expect(() => readSurface({ ...raw, tools: [{ tools: many }] }, context)).toThrow('limit');
    const pages = Array.from({ length: LIMITS.surfacePagesMax + 1 }, () => ({ tools: [] }));
    expect(() => readSurface({ ...raw, tools: pages }, context)).toThrow('pages');
    expect(() => readSurface({ ...raw, tools: [{ tools: 'x' }] }, context)).toThrow('not a list');
    expect(() => readSurface({ ...raw, tools: [{}] }, context)).toThrow('not a list');
  });
});

describe('guessEffect', () => {
  test.each<[string, JsonObject, string]>([
    ['get_contact', { readOnlyHint: true }, 'read'],
    ['get_contact', {}, 'destroy'],
    ['get_contact', { readOnlyHint: false, destructiveHint: false }, 'write'],
    ['get_contact', { destructiveHint: false, openWorldHint: true }, 'communicate'],
    ['get_contact', { readOnlyHint: true, destructiveHint: true }, 'destroy'],
    ['get_contact', { readOnlyHint: 'true' }, 'destroy'],
    ['deleteContact', { readOnlyHint: true }, 'destroy'],
    ['run-query', { readOnlyHint: true }, 'execute'],
    ['sendEmail', { readOnlyHint: true }, 'communicate'],
    ['PAY_invoice', { readOnlyHint: true }, 'transact'],
    ['read_and_transfer', {}, 'transact'],
    ['list_payments', { readOnlyHint: true }, 'read'],
  ])('%s with %j is %s', (name, annotations, effect) => {
    const guess: string = guessEffect({ name, annotations });
    expect(guess).toBe(effect);
  });

  test('a title counts as well as the name', () => {
    expect(guessEffect({ name: 'x', title: 'Pay now', annotations: { readOnlyHint: true } })).toBe('transact');
  });
});
