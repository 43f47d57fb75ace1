import { expect, test } from 'bun:test';
import type { Effect, Labels } from '../domain/server.ts';
import { toxicCombinations } from './toxic-combination.ts';
import type { HeldTool } from './toxic-combination.ts';

function held(tool: string, effect: Effect, labels: Partial<Labels> = {}): HeldTool {
  return { server: 'github', tool, effect, labels: { confidentiality: 'public', categories: [], integrity: 'trusted', ...labels } };
}

const issue = held('get_issue', 'read', { integrity: 'untrusted' });
const code = held('get_file', 'read', { confidentiality: 'confidential' });
const contacts = held('get_contacts', 'read', { categories: ['pii'] });
const publish = held('create_pull_request', 'communicate');

test('a stranger’s words, a secret and a way out are a path; its cut is the smallest part', () => {
  expect(toxicCombinations([issue, code, contacts, publish])).toEqual([
    { rule: 'leak', untrusted: [issue], sensitive: [code, contacts], effects: [publish], cut: [publish] },
  ]);
  const [more] = toxicCombinations([issue, code, publish, held('post', 'communicate')]);
  expect(more?.cut).toEqual([code]);
});

test('without any one part there is no path', () => {
  for (const tools of [[code, publish], [issue, publish], [issue, code], [], [issue], [code, contacts, publish]]) expect(toxicCombinations(tools)).toEqual([]);
});

test('destroying, running and paying need no secret; one tool may play every part', () => {
  const drop = held('drop_table', 'destroy');
  expect(toxicCombinations([issue, drop])).toMatchObject([{ rule: 'damage', effects: [drop], cut: [drop] }]);
  const shell = held('shell', 'execute', { integrity: 'untrusted', confidentiality: 'restricted' });
  expect(toxicCombinations([shell]).map(({ rule }) => rule)).toEqual(['leak', 'damage']);
});
