import { afterAll, beforeAll, expect, test } from 'bun:test';
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
      out: (said) => void (out += said), note: () => undefined, confirm: () => Promise.resolve(false),
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

test('what is said wrongly is refused by name', async () => {
  expect(await incident('contain', 'kill', '--reason', 'x')).toContain('ERR_USAGE');
  expect(await incident('contain', 'kill', '--agent', 'a', '--server', 'b', '--reason', 'x')).toContain('ERR_USAGE');
  expect(await incident('contain', 'kill', '--agent', 'a', '--reason', 'x', '--for', 'ever')).toContain('--for is no time span');
  expect(await incident('contain', 'rollback-pin', '--host', 'a.example', '--reason', 'x')).toContain('rollback-pin is done to server, not to a host');
  expect(await incident('contain', 'explode', '--agent', 'a', '--reason', 'x')).toContain('ERR_REQUEST_INVALID');
  expect(await incident('contain', 'verbs')).toContain('quarantine-server');
});
