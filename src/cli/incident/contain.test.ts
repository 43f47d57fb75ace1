import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openControl, type ControlFixture } from '../../control/fixture-control.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { objects, part, text } from '../json-view.ts';
import { command } from '../incident.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

/** What the command says, or the code of its refusal. */
async function incident(...args: readonly string[]): Promise<string> {
  let out = '';
  try {
    await command.run(args, {
      env: { HOME: fixture.home, SALLYPORT_HOME: fixture.home }, cwd: fixture.home, interactive: false, signal: AbortSignal.timeout(30_000),
      out: (said) => void (out += said), note: (said) => void (out += `${said}\n`), confirm: () => Promise.resolve(false),
    });
    return out;
  } catch (error) {
    if (error instanceof SallyportError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

test('what a containment would do is told before, then it is listed until it is lifted', async () => {
  const would = await incident('contain', 'kill', '--agent', 'bot', '--reason', 'a loop', '--for', '2h', '--dry-run');
  expect(would).toContain('Nothing was done. This would be kill agent bot: it stops what is named');
  expect(await incident('containments')).not.toContain('kill agent bot');
  const made: Json = JSON.parse(await incident('contain', 'kill', '--agent', 'bot', '--reason', 'a loop', '--for', '2h', '--json'));
  expect(Number(part(made, 'until')) - Number(part(made, 'at'))).toBe(2 * 3_600_000);
  expect(await incident('containments', '--state', 'applied')).toContain('kill agent bot');
  expect(await incident('lift', text(part(made, 'id')), '--reason', 'it was a test')).toContain('kill agent bot is lifted');
  const listed: Json = JSON.parse(await incident('containments', '--json'));
  expect(objects(part(listed, 'containments')).map(({ state }) => state)).toEqual(['lifted']);
});

test('a name that nobody has here looks as if nothing was met, and an incident that there is not is told', async () => {
  const made = await incident('contain', 'read-only', '--server', 'no-such', '--reason', 'x', '--incident', 'inc-77');
  expect(made).toContain('It meets nothing that is here now: look whether the name is right.');
  expect(made).toContain('No incident is called inc-77 here');
  const [, id = ''] = /by: sallyport incident lift (\S+) --reason/.exec(made) ?? [];
  expect(await incident('lift', id, '--reason', 'mistyped')).toContain('read-only server no-such is lifted');
});

test('the evidence of an incident is written as a bundle that is checked without the gate', async () => {
  const { body: { id = '' } } = await fixture.api('POST', '/incidents', { kind: 'runaway', title: 'A loop', severity: 'high', reason: 'seen' });
  const out = join(fixture.home, 'evidence.tar');
  expect(await incident('contain', 'evidence-bundle', '--incident', text(id), '--reason', 'keep it')).toContain('The same with --out FILE.tar writes it');
  expect(await incident('contain', 'evidence-bundle', '--incident', text(id), '--reason', 'keep it', '--out', out))
    .toContain(`Check them with: sallyport audit verify-bundle ${out}`);
  expect(existsSync(out)).toBe(true);
  expect(await incident('contain', 'kill', '--agent', 'a', '--reason', 'x', '--out', out)).toContain('ERR_USAGE: --out is for evidence-bundle');
});

test('what is said wrongly is refused by name', async () => {
  expect(await incident('contain', 'kill', '--reason', 'x')).toContain('ERR_USAGE');
  expect(await incident('contain', 'kill', '--agent', 'a', '--server', 'b', '--reason', 'x')).toContain('ERR_USAGE');
  expect(await incident('contain', 'kill', '--agent', 'a', '--reason', 'x', '--for', 'ever')).toContain('--for is no time span');
  expect(await incident('contain', 'rollback-pin', '--host', 'a.example', '--reason', 'x')).toContain('rollback-pin is done to server, not to a host');
  expect(await incident('contain', 'explode', '--agent', 'a', '--reason', 'x')).toContain('ERR_REQUEST_INVALID');
  expect(await incident('contain', 'verbs')).toContain('quarantine-server');
});
