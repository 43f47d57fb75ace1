import { expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import { readScenarios, type ScenarioSource } from './read.ts';

/** What is wrong, as `path: message`: which line that is, whoever parsed the file says. */
function complaints(value: unknown): readonly string[] {
  const source: ScenarioSource = {
    value,
    invalid: (found) => new SallyportError('ERR_CONFIG_INVALID', JSON.stringify(found.map(({ path, message }) => `${path.join('.')}: ${message}`))),
  };
  try {
    readScenarios(source);
    return [];
  } catch (fault) {
    if (!(fault instanceof SallyportError)) throw fault;
    return JSON.parse(fault.message);
  }
}

const GOOD = {
  id: 'a', title: 'A', story: 'B', techniques: ['MCP03'], claim: 'prevented', by: ['doors'],
  data: { secret: { kind: 'record' } },
  servers: { 'rt-a': { phases: [{ tools: { go: { description: 'Goes {{servers.rt-a}}.' } } }] } },
  steps: [{ do: 'call', server: 'rt-a', tool: 'go', with: { text: '{{secret}}' }, name: 'went' }],
  harm: [{ what: 'called', server: 'rt-a', tool: 'go', holds: 'secret' }, { what: 'accepted', step: 'went' }],
};
const file = (change: object): object => ({ apiVersion: 'sallyport/v1', scenarios: [{ ...GOOD, ...change }] });

test('a scenario is read', () => expect(complaints(file({}))).toEqual([]));

test.each([
  ['a key that is not known', { colour: 'red' }, 'scenarios.0: has a key that is not known: "colour"'],
  ['a key within a step', { steps: [{ ...GOOD.steps[0], shell: 'id' }] }, 'scenarios.0.steps.0: has a key that is not known: "shell"'],
  ['a server of the installation\'s own', { servers: { crm: GOOD.servers['rt-a'] } }, 'scenarios.0.servers'],
  ['a technique of no list', { techniques: ['MCP99'] }, 'scenarios.0.techniques.0: MCP99 is not known'],
  ['a control that does not exist', { by: ['luck'] }, 'scenarios.0.by.0: luck is not known'],
  ['a claim with nobody behind it', { by: [] }, 'scenarios.0.by: some control acts'],
  ['a gap that is not told', { claim: 'missed', by: [] }, 'scenarios.0.claim: needs a gap'],
  ['a class that is none', { incident: 28 }, 'scenarios.0.incident'],
  ['a step at nobody', { steps: [{ do: 'list', server: 'rt-b' }] }, 'scenarios.0.steps.0.server: rt-b is none of the servers'],
  ['a phase that is not there', { steps: [{ do: 'turn', server: 'rt-a', phase: 3 }] }, 'scenarios.0.steps.0.phase: there is no such phase'],
  ['an actor out of nowhere', { steps: [{ ...GOOD.steps[0], as: 'guest' }] }, 'scenarios.0.steps.0.as: guest is not in the cast'],
  ['a knock at another host', { steps: [{ do: 'knock', path: '@attacker.example/mcp' }] }, 'scenarios.0.steps.0.path'],
  ['a harm at nobody', { harm: [{ what: 'reached', server: 'rt-b' }] }, 'scenarios.0.harm.0.server: rt-b is none of the servers'],
  ['a harm of no step', { harm: [{ what: 'accepted', step: 'x' }] }, 'scenarios.0.harm.0.step: x is no step\'s name'],
  ['a value that is none', { harm: [{ what: 'called', server: 'rt-a', tool: 'go', holds: 'x' }] }, 'scenarios.0.harm.0.holds: x is no value of data'],
  ['a place that stands for nothing', { title: '{{nobody}}' }, 'scenarios.0.title: {{nobody}} stands for nothing'],
  ['a text where none belongs', { data: { secret: { kind: 'record', text: 'x' } } }, 'scenarios.0.data.secret: has a text'],
])('%s is refused at its place', (_, change, said) => {
  expect(complaints(file(change)).filter((one) => one.startsWith(said))).not.toEqual([]);
});

test('one id stands once, and no scenario is no file of them', () => {
  expect(complaints({ apiVersion: 'sallyport/v1', scenarios: [GOOD, GOOD] })).toEqual(['scenarios.1.id: a is there already']);
  expect(complaints({ apiVersion: 'sallyport/v1', scenarios: [] })).toHaveLength(1);
  expect(complaints('scenarios')).toHaveLength(1);
});
