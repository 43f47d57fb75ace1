import { mkdtempSync, rmSync } from 'node:fs';
import type { Io } from '../../src/cli/command.ts';
import { part, text } from '../../src/cli/json-view.ts';
import { demoFolder, openStage, type Stage } from '../../demo/stage.ts';
import type { Invited } from '../../demo/people.ts';
import { playStory, type Story } from '../../demo/story.ts';
import type { Attempt, Step } from '../../demo/agent.ts';
import { removeHome } from '../fixtures/record-judge.ts';
import { runLong } from '../fixtures/run-long.ts';

/** A whole gate as `npm start` runs it, with the demo's story in it; one for each test process. Tests add to it, and take nothing away. */
export interface Installation extends Stage {
  readonly story: Story;
  /** One more payment that waits for the treasury: what came of it, once somebody has decided. Each amount is a call of its own. */
  pay(amountEur: number): Promise<Attempt>;
}

export const installation = runLong<Installation>(start, async (of) => {
  of.story.end();
  await of.stop();
  removeHome(of.home);
  rmSync(demoFolder(of.home), { recursive: true, force: true });
});

async function start(): Promise<Installation> {
  const home = mkdtempSync('/tmp/sp-console-');
  const said: string[] = [];
  const io: Io = {
    env: process.env, cwd: home, interactive: false, signal: new AbortController().signal, confirm: () => Promise.resolve(false),
    out: (line) => void said.push(line), note: (line) => void said.push(line),
  };
  const stage = await openStage({ home, io, anyPort: true });
  const story = await playStory(stage);
  const wrong = story.attempts.filter(({ asExpected }) => !asExpected);
  if (wrong.length > 0) throw new Error(`the story went otherwise: ${JSON.stringify(wrong)}`);
  return { ...stage, story, pay: (amountEur) => story.wait({ ...PAYMENT, args: { id: 'c-2', amountEur } }) };
}

const PAYMENT: Step = { who: 'finance', sdk: 'v1', server: 'crm', tool: 'pay_invoice', args: {}, expect: 'allowed' };

/** A new path by which somebody opens their account: a colleague of the demo by their role (what they had before is over), or somebody new. */
export async function enrolmentOf({ client, story }: Installation, who: string | Pick<Invited, 'userName' | 'groups'>): Promise<string> {
  const known = typeof who === 'string' ? story.people.find(({ role }) => role === who)?.userName : undefined;
  const made = typeof who === 'string'
    ? await client.send('POST', `/accounts/${known ?? ''}/reset`, {})
    : await client.send('POST', '/accounts', { userName: who.userName, groups: [...who.groups] });
  return text(part(made, 'link', 'path'));
}
