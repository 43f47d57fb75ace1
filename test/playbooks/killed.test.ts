import { expect, test } from 'bun:test';
import { objects, text } from '../../src/cli/json-view.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { shippedPlaybooks } from '../../src/incident/playbook/shipped.ts';
import { startSupervised } from '../fixtures/supervised-gate.ts';
import { verifies } from '../e2e/requirements.ts';

const LOOK_MS = 50;

test(verifies('playbook-engine', 'control is killed in the middle of a run: it goes on by itself, contains once, and waits where it would have'), async () => {
  const gate = await startSupervised('servers: {}\n', 'permit(principal, action, resource);');
  /** The answer as soon as there is one: control may be away just now. */
  const asked = async (path: string): Promise<JsonObject> => {
    for (;;) {
      const answer = await gate.admin('GET', path).catch(() => undefined);
      if (answer !== undefined) return answer;
      await Bun.sleep(LOOK_MS);
    }
  };
  try {
    const { id = '' } = await gate.admin('POST', '/incidents', {
      kind: 'unauthorised-action', title: 'It deletes', severity: 'high', reason: 'seen', subjects: { agent: ['bot'], server: ['crm'] },
    });
    const playbook = [...shippedPlaybooks().values()].find(({ labels }) => labels?.includes('unauthorised-action'))?.id ?? '';
    const started = await gate.admin('POST', `/playbooks/${playbook}/runs`, { incident: id, mode: 'automatic', reason: 'a test' });
    expect(gate.kill('control')).toBe(true);
    const states = new Set<string>();
    while (!states.has('Is it real? waiting')) {
      const run = await asked(`/playbook-runs/${text(started['id'])}`);
      for (const { name, state } of objects(run['steps'])) states.add(`${text(name)} ${text(state)}`);
      await Bun.sleep(LOOK_MS);
    }
    expect([...states].filter((state) => state.endsWith(' failed'))).toEqual([]);
    const { containments } = await asked(`/containments?incident=${text(id)}`);
    expect(objects(containments).filter(({ verb }) => verb === 'kill')).toMatchObject([{ state: 'applied', scope: { target: 'agent', name: 'bot' } }]);
  } finally {
    await gate.stop();
    gate.remove();
  }
}, 60_000);
