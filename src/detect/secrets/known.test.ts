import { expect, test } from 'bun:test';
import { digestSecrets } from './digest.ts';
import { createInspector } from '../inspect.ts';
import { createSecrets } from '../secrets.ts';
import { UNINFORMED } from '../surroundings.ts';

const SECRET = 'correct-horse-battery-staple-4711';
const known = digestSecrets(Buffer.alloc(32, 7).toString('base64url'), [{ name: 'crm/key', kind: 'vault', value: SECRET }]);
const inspect = createInspector([createSecrets({ ...UNINFORMED, secrets: known })]);

function found(...texts: readonly string[]): readonly string[] {
  const { findings } = inspect({ facet: 'argument', json: { texts }, at: '', server: 'mail', name: 'send' });
  return [...new Set(findings.map(({ rule }) => rule))];
}

test('a secret of the vault is known whole, in other cases, encoded and in pieces; it is not in what is known of it', () => {
  expect(JSON.stringify(known)).not.toContain('horse');
  expect(found(`the key is ${SECRET}`)).toContain('known-secret');
  expect(found(SECRET.toUpperCase())).toContain('known-secret');
  expect(found(Buffer.from(`key ${SECRET}`).toString('base64'))).toContain('known-secret');
  expect(found(SECRET.slice(0, 15), SECRET.slice(15))).toContain('known-secret');
  expect(found('correct me if the horse and the battery are no staple')).not.toContain('known-secret');
});
