import { expect, test } from 'bun:test';
import { compilePolicies } from '../../policy/compile.ts';
import { confineToSpace } from './confine.ts';

const CLAUSE = ' when { resource.space == "red" }';

function compile(text: string): ReturnType<typeof compilePolicies> {
  return compilePolicies({ sources: [{ file: 'a.cedar', text: confineToSpace('a.cedar', text, 'red') }], servers: [], toolsets: [], obligations: [] });
}

test('every policy is confined, whatever stands around it', () => {
  const head = '// permit(principal, action, resource);\npermit(principal, action, resource)';
  const tail = 'forbid(principal, action, resource) unless { resource.name like "a;*" }';
  const text = `${head};\n${tail}; // ;\n`;
  expect(confineToSpace('a.cedar', text, 'red')).toBe(`${head}${CLAUSE};\n${tail}${CLAUSE}; // ;\n`);
});

test('ids are of the space, and only ids', () => {
  const text = '@reason("@id(\\"x\\")")\n@id ( "a:b")\npermit(principal, action, resource) when { resource.name == "@id(\\"c\\")" };';
  expect(confineToSpace('a.cedar', text, 'red')).toBe(
    `@reason("@id(\\"x\\")")\n@id ( "red/a:b")\npermit(principal, action, resource) when { resource.name == "@id(\\"c\\")" }${CLAUSE};`,
  );
});

test('a forbid of the whole organisation is the default space\'s alone, and stays unconfined', () => {
  const organisation = '@scope("organisation") forbid(principal, action, resource) when { resource.tier == "public" };';
  const administration = 'forbid(principal, action in Action::"administration", resource) when { context.hour < 6 };';
  const ordinary = 'forbid(principal, action, resource);';
  const text = [organisation, administration, ordinary].join('\n');
  expect(confineToSpace('a.cedar', text, 'default')).toBe(
    [organisation, administration, 'forbid(principal, action, resource) when { resource.space == "default" };'].join('\n'),
  );
  for (const one of [organisation, administration]) expect(() => confineToSpace('a.cedar', one, 'red')).toThrow('default space');
  expect(() => confineToSpace('a.cedar', '@scope("all") forbid(principal, action, resource);', 'default')).toThrow('@scope');
  expect(() => confineToSpace('a.cedar', '@scope("organisation") permit(principal, action, resource);', 'default')).toThrow('only forbid');
  expect(() => confineToSpace('a.cedar', '@scope\n("organisation") permit(principal, action, resource);', 'default')).toThrow('only forbid');
});

test('what is confined still compiles, and what does not parse is left for the compiler to refuse', async () => {
  const compiled = await compile('@id("a")\npermit(principal, action == Action::"list", resource);');
  expect(compiled.diagnostics).toEqual([]);
  expect([...compiled.policies.keys()]).toEqual(['red/a']);
  expect(await compile('permit(principal, action == Action::"list", resource)')).toMatchObject({ ok: false });
});
