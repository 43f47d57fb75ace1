import { expect, test } from 'bun:test';
import type { Json } from '../domain/json.ts';
import { detector } from './annotations.ts';
import { createInspector } from './inspect.ts';

const inspect = createInspector([detector]);

function rules(json: Json): readonly string[] {
  return inspect({ facet: 'definition', json, at: '', server: 'crm', name: 'x' }).findings.map(({ rule, at }) => `${rule} ${at.join()}`);
}

test('an annotation that the name or the description contradicts', () => {
  const readOnly = { annotations: { readOnlyHint: true } };
  const contradicted = [{ name: 'delete_contact' }, { name: 'sendMail' }, { name: 'x', title: 'Write a file' }, { name: 'row', description: 'Deletes a row.' }];
  for (const said of contradicted) {
    expect({ said, rules: rules({ ...said, ...readOnly }) }).toEqual({ said, rules: ['read-only /annotations'] });
  }
  expect(rules({ name: 'purge-cache', annotations: { destructiveHint: false } })).toEqual(['not-destructive /annotations']);
  expect(rules({ name: 'fetch', inputSchema: { properties: { url: {} } }, annotations: { readOnlyHint: true, openWorldHint: false } })).toEqual([
    'closed-world /annotations',
  ]);
});

test('what only speaks of changes, or says them, is left alone', () => {
  const readOnly = { annotations: { readOnlyHint: true } };
  for (const name of ['list_deleted', 'get_update', 'deletion_report', 'posts', 'createdAt', 'describe_drop', 'moved_files', 'commit_history', 'post_count']) {
    expect({ name, rules: rules({ name, description: 'Lists what was deleted.', ...readOnly }) }).toEqual({ name, rules: [] });
  }
  expect(rules({ name: 'delete_contact' })).toEqual([]);
  expect(rules({ name: 'delete_contact', annotations: { destructiveHint: true } })).toEqual([]);
  expect(rules({ name: 'create_contact', annotations: { readOnlyHint: false, destructiveHint: false } })).toEqual([]);
});

test('in a list each tool is read by itself', () => {
  const tools = [{ name: 'get', annotations: { readOnlyHint: true } }, { name: 'drop_table', annotations: { readOnlyHint: true } }];
  expect(rules({ tools })).toEqual(['read-only /tools/1/annotations']);
});
