import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openControl } from '../../control/fixture-control.ts';
import type { ControlFixture } from '../../control/fixture-control.ts';
import type { Json } from '../../domain/json.ts';
import type { Command, Io } from '../command.ts';
import { command as exercise } from '../exercise.ts';
import { command as incident } from '../incident.ts';
import { objects, part, text } from '../json-view.ts';

let fixture: ControlFixture;

beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

/** What a command prints. */
async function told(command: Command, ...args: readonly string[]): Promise<string> {
  let out = '';
  const io: Io = {
    env: { SALLYPORT_HOME: fixture.home }, cwd: fixture.home, interactive: false, out: (said) => void (out += said), note: () => undefined,
    confirm: async () => false, signal: AbortSignal.timeout(20_000),
  };
  expect(await command.run(args, io)).toBe(0);
  return out;
}

/** Why a command does not do it. */
function refusal(...args: Parameters<typeof told>): Promise<string> {
  return told(...args).catch((error: unknown) => (error instanceof Error ? error.message : ''));
}

async function asked(command: Command, ...args: readonly string[]): Promise<Json> {
  const answer: Json = JSON.parse(await told(command, ...args, '--json'));
  return answer;
}

test('an exercise on paper from its printed pack to the last thing that was changed because of it', async () => {
  expect(await told(exercise, 'list', '--packs')).toContain('A letter from the vendor');
  const pack = join(fixture.home, 'pack.html');
  await told(exercise, 'print', 'vendor-breach', '--plain', '--out', pack);
  expect(readFileSync(pack, 'utf8')).toContain('A letter from the vendor');
  const id = text(part(await asked(exercise, 'run', 'vendor-breach', '--paper', '--with', 'ann, ben'), 'id'));
  const met = 'narrow-it,lead,clocks,cut,preserve,gates';
  expect(await told(exercise, 'score', id, '--met', met, '--late', 'blast', '--wrong', 'lifted')).toContain('80 %, good');
  expect(await told(exercise, 'wash', id, 'Whom does the vendor write to?', 'nobody on Sundays')).toContain('hot wash');
  await told(exercise, 'action', id, '--what', 'A duty mailbox', '--owner', 'olga', '--due', '30d');
  const listed = objects(part(await asked(exercise, 'list'), 'exercises'));
  expect(listed).toMatchObject([{ id, percent: 80, open: 3, unowned: 2, overdue: 0 }]);
  expect(await refusal(exercise, 'close', id, '--reason', 'enough')).toContain('3 things are still to be changed');
  expect(await refusal(exercise, 'action', id, 'practise-blast', '--done', 'somehow')).toContain('nobody owns this yet');
  for (const action of ['practise-blast', 'avoid-lifted']) await told(exercise, 'action', id, action, '--owner', 'ben', '--done', 'written down');
  await told(exercise, 'action', id, 'own-1', '--drop', 'there is one');
  expect(await told(exercise, 'show', id)).toContain('there is one');
  expect(await told(exercise, 'close', id, '--reason', 'all changed')).toContain('is closed');
  expect(await told(exercise, 'report', id, '--markdown')).toContain('- [x] A duty mailbox');
  expect(await told(exercise, 'report', id)).toContain('80 %, good');
});

test('what a pack does not have, or a file that is none, is refused by name and writes nothing', async () => {
  const id = text(part(await asked(exercise, 'run', 'prompt-injection', '--paper'), 'id'));
  expect(await refusal(exercise, 'score', id, '--met', 'no-such-thing')).toContain('the pack has no no-such-thing');
  expect(await refusal(exercise, 'run', 'no-such-pack', '--paper')).toContain('there is no such pack');
  expect(await refusal(exercise, 'run', 'prompt-injection')).toContain('--live or --paper');
  const own = join(fixture.home, 'own.yaml');
  await Bun.write(own, 'apiVersion: sallyport/v1\nexercise:\n  id: Own\n');
  expect(await refusal(exercise, 'print', own, '--plain', '--out', join(fixture.home, 'none.html'))).toMatch(/own\.yaml:3:/);
  expect(existsSync(join(fixture.home, 'none.html'))).toBe(false);
});

test('an incident that a person opens is worked on from the command line, and what it says steers no terminal', async () => {
  const opened = await asked(
    incident, 'open', '--kind', 'vendor-breach', '--severity', 'high', '--title', 'Acme wrote', '--reason', 'their letter', '--about', 'vendor=acme,server=crm',
  );
  const id = text(part(opened, 'id'));
  expect(await told(incident, 'list', '--kind', 'vendor-breach')).toContain('vendor acme');
  await told(incident, 'note', id, 'called them');
  await told(incident, 'owner', id, 'ana');
  const shown = await told(incident, 'show', id);
  for (const words of ['called them', 'ana', 'Acme wrote', 'crm']) expect(shown).toContain(words);
  expect(await told(incident, 'blast', '--server', 'crm')).toContain('never');
  expect(await told(incident, 'contain', 'page', '--incident', id, '--reason', 'wake up', '--dry-run')).toContain('page');
  await told(incident, 'recover', id, '--reason', 'new keys');
  expect(await told(incident, 'close', id, '--verdict', 'true-positive', '--reason', 'over')).toContain('is closed');
  expect(await told(incident, 'reopen', id, '--reason', 'not over')).toContain('open again');
  expect(await told(incident, 'metrics')).toContain('recover');
  expect(await told(incident, 'rules')).toContain('injection-acted-on');
});

test('one that is stopped says that it is over, and how what was done is scored', async () => {
  const io: Io = {
    env: { SALLYPORT_HOME: fixture.home }, cwd: fixture.home, interactive: false, out: () => undefined, note: () => undefined,
    confirm: async () => false, signal: AbortSignal.abort(),
  };
  const stopped: unknown = await exercise.run(['run', 'vendor-breach', '--live', '--shipped', '--unreported'], io).catch((error: unknown) => error);
  expect(stopped).toMatchObject({ code: 'ERR_RANGE_STOPPED', remedy: 'Start it anew.' });
});

test('what is written down of an exercise names nobody whose name was not revealed', async () => {
  const name = 'https://idp.example|vic';
  expect(await refusal(exercise, 'run', 'vendor-breach', '--paper', '--with', name)).toContain('pseudonyms');
  const id = text(part(await asked(exercise, 'run', 'vendor-breach', '--paper'), 'id'));
  expect(await refusal(exercise, 'wash', id, 'Who was it?', name)).toContain('pseudonyms');
});
