import { expect, test } from 'bun:test';
import { compilePolicies } from '../../policy/compile.ts';
import { confineToSpace } from './confine.ts';

const CLAUSE = ' when { resource.space == "red" }';

function compile(text: string): ReturnType<typeof compilePolicies> {
  return compilePolicies({ sources: [{ file: 'a.cedar', text: confineToSpace('a.cedar', text, 'red') }], servers: [], toolsets: [], obligations: [] });
}

test('every policy is confined, whatever stands around it', () => {
  const text = '// permit(principal, action, resource);\npermit(principal, action, resource);\nforbid(principal, action, resource) unless { resource.name like "a;*" }; // ;\n';
  expect(confineToSpace('a.cedar', text, 'red')).toBe(
    `// permit(principal, action, resource);\npermit(principal, action, resource)${CLAUSE};\nforbid(principal, action, resource) unless { resource.name like "a;*" }${CLAUSE}; // ;\n`,
  );
});

test('what is confined still compiles, and what does not parse is left for the compiler to refuse', async () => {
  expect(await compile('@id("a")\npermit(principal, action == Action::"list", resource);')).toMatchObject({ ok: true });
  expect(await compile('permit(principal, action == Action::"list", resource)')).toMatchObject({ ok: false });
});
