import { readFileSync } from 'node:fs';
import { expect, test } from 'bun:test';
import { CONTAINMENT_TARGETS, CONTAINMENT_VERBS } from '../domain/containment.ts';
import { complain, holds, isWide, VERB_KINDS } from './contain.ts';

test('every verb is in the table of the document, and says what it is done to and how it is taken back', () => {
  const document = readFileSync(new URL('../../docs/containment.md', import.meta.url), 'utf8');
  for (const verb of CONTAINMENT_VERBS) {
    expect(document).toContain(`\`${verb}\``);
    expect(VERB_KINDS[verb].targets.length).toBeGreaterThan(0);
    expect(VERB_KINDS[verb].back).not.toBe('');
  }
});

const NAMED: Readonly<Record<(typeof CONTAINMENT_TARGETS)[number], readonly [good: string, ...bad: readonly string[]]>> = {
  all: ['', 'x'], space: ['', 'red'], server: ['crm', '', 'CRM', '../x', 'a/b'], tool: ['crm/find', 'crm', 'crm/', '/find', 'crm/a\nb'],
  agent: ['bot', '', 'a b'], principal: ['https://idp.example|ann', 'ann', 'a|\u202eb'], context: ['0'.repeat(32), '0'.repeat(31), 'g'.repeat(32)],
  credential: ['https://idp.example|jti', '', 'a b'],
  host: ['api.example.com', '', 'https://x.example', 'a b', '*.', '*', '*.com', 'a.example/x', '-x.example'],
  vendor: ['acme', '', '*'], incident: ['inc-1', '', 'a b'],
};

test.each(CONTAINMENT_TARGETS.map((target) => [target] as const))('a %s is named as records name it, and no other way', (target) => {
  const verb = CONTAINMENT_VERBS.find((one) => VERB_KINDS[one].targets.includes(target));
  if (verb === undefined) throw new Error(`nothing can be done to ${target}`);
  const [good, ...bad] = NAMED[target];
  expect(complain(verb, { target, name: good })).toBeUndefined();
  for (const name of bad) expect(complain(verb, { target, name })).toContain('the name of');
});

test('what a verb is not done to is refused by name, and only what reaches a whole space is wide', () => {
  expect(complain('rollback-pin', { target: 'host', name: 'a.example' })).toBe('rollback-pin is done to server, not to a host');
  expect(CONTAINMENT_TARGETS.filter((target) => isWide({ target, name: '' }))).toEqual(['all', 'space']);
});

test('a containment holds until its time is over, whoever has noted that', () => {
  expect(holds({ state: 'applied', until: 10 }, 9)).toBe(true);
  expect(holds({ state: 'applied', until: 10 }, 10)).toBe(false);
  expect(holds({ state: 'applied' }, 10)).toBe(true);
  for (const state of ['lifted', 'expired', 'done', 'failed'] as const) expect(holds({ state, until: 10 }, 9)).toBe(false);
});
