import { expect, test } from 'bun:test';
import type { JsonObject } from '../domain/json.ts';
import { parseManifestText } from '../registry/manifest-text.ts';
import { nameOfTechnique } from '../redteam/taxonomy/techniques.ts';
import { afterActionMarkdown, afterActionPage, improvementsOf, whyOpen } from './after-action.ts';
import type { Exercise } from './after-action.ts';
import { artefactsOf } from './artefact.ts';
import { readPack } from './pack.ts';
import type { Pack } from './pack.ts';
import { shippedPacks } from './packs/table.ts';
import { packMarkdown, packPage } from './print.ts';
import { addsUp, scoreLive, scorePaper } from './score.ts';

const PACKS = shippedPacks(parseManifestText);
const T0 = 1_800_000_000_000;
const MINUTE_MS = 60_000;

function packNamed(id: string): Pack {
  const pack = PACKS.find((one) => one.id === id);
  if (pack === undefined) throw new Error(`no pack ${id}`);
  return pack;
}

const PACK = packNamed('prompt-injection');
const TIMES = { 'odd-mail': T0, 'second-ticket': T0 + 20 * MINUTE_MS, 'the-question': T0 + 40 * MINUTE_MS, 'back-to-work': T0 + 55 * MINUTE_MS };

function contained(minute: number, detail: JsonObject, event = 'containment.applied'): JsonObject {
  return { event, at: T0 + minute * MINUTE_MS, detail };
}
function changed(minute: number, action: string): JsonObject {
  return { event: 'incident.changed', at: T0 + minute * MINUTE_MS, action, detail: {} };
}

const RIGHT: readonly JsonObject[] = [
  changed(3, 'incident.owner'), contained(9, { verb: 'kill', target: 'agent', of: 'rt-prompt-injection-agent-1' }),
  contained(24, { verb: 'quarantine-server', target: 'server', of: 'rt-tickets' }), contained(44, { verb: 'legal-hold', target: 'server', of: 'rt-tickets' }),
  changed(60, 'incident.recover'),
];

test('packs for the four failures ship: each with a cast, timed injects, answers that can be seen, hints, a rubric and a hot wash', () => {
  expect(PACKS.map(({ kind }) => kind)).toEqual(['prompt-injection', 'tool-poisoning', 'unauthorised-action', 'vendor-breach']);
  for (const { minutes, injects, wrong, techniques } of PACKS) {
    expect(techniques.filter((id) => nameOfTechnique(id) === undefined)).toEqual([]);
    expect(minutes >= 60 && minutes <= 90).toBe(true);
    expect(injects.some(({ steps }) => steps !== undefined)).toBe(true);
    expect(injects.flatMap(({ expected }) => expected).filter(({ any }) => any !== undefined).length).toBeGreaterThan(1);
    expect(wrong.length).toBeGreaterThan(1);
  }
});

test('a pack that is not one is refused with its place', () => {
  const text = JSON.stringify({ apiVersion: 'sallyport/v1', exercise: PACK });
  const odd = (from: string, to: string): string => {
    try {
      readPack(parseManifestText(text.replace(from, to), 'own.yaml'));
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };
  expect(odd('"verb":"kill"', '"verb":"explode"')).toContain('own.yaml:1:');
  expect(odd('"minutes":75', '"minutes":75,"script":"rm"')).toContain('script');
  expect(odd('"id":"second-ticket"', '"id":"odd-mail"')).toContain('is there already');
  expect(odd('"at":20', '"at":74')).toContain('comes before');
  expect(odd('"exercise":', '"exercises":')).toContain('exercises');
});

test('the right act in time has all points, a late one half of them, none has none, and what makes it worse takes some away', () => {
  const right = scoreLive(PACK, TIMES, RIGHT, MINUTE_MS);
  expect(right).toMatchObject({ percent: 100, grade: 'good', wrong: [] });
  expect(right.answers.map(({ id }) => id)).toEqual(['stop-the-agent', 'take-it', 'close-the-source', 'keep-evidence', 'note-the-checks']);
  const [owner, kill, ...rest] = RIGHT;
  const late = scoreLive(PACK, TIMES, [owner ?? {}, { ...kill, at: T0 + 16 * MINUTE_MS }, ...rest], MINUTE_MS);
  expect(late.answers[0]).toMatchObject({ answer: 'late', points: 5, afterMs: 16 * MINUTE_MS });
  const all = contained(2, { id: 'all' }, 'config.changed');
  expect(scoreLive(PACK, TIMES, [...RIGHT, { ...all, action: 'kill.on' }], MINUTE_MS)).toMatchObject({ points: 28, wrong: [{ id: 'kill-switch' }] });
  expect(scoreLive(PACK, TIMES, [contained(5, { verb: 'quarantine-server', target: 'server', of: 'rt-customers' })], MINUTE_MS)).toMatchObject({
    points: 0, percent: 0, grade: 'poor', wrong: [{ id: 'wrong-server' }],
  });
  // What was done before the first inject set the scene.
  expect(scoreLive(PACK, TIMES, [contained(-1, { verb: 'quarantine-server', target: 'server', of: 'rt-customers' })], MINUTE_MS).wrong).toEqual([]);
  // What another did to another thing is no answer.
  expect(scoreLive(PACK, TIMES, [contained(24, { verb: 'quarantine-server', target: 'server', of: 'rt-other' })], MINUTE_MS).points).toBe(0);
});

test('on paper the facilitator says what was done, and what only people can see counts, too', () => {
  const { answers, points } = scorePaper(PACK, { 'stop-the-agent': 'in-time', 'say-what-left': 'late' }, ['all-stopped']);
  expect(answers).toHaveLength(6);
  expect(points).toBe(10 + 2 - 8);
});

test('what was missed, late or wrong is to be changed, and an exercise is closed when all of it was', () => {
  const score = scoreLive(PACK, TIMES, RIGHT.slice(0, 2), MINUTE_MS);
  const actions = improvementsOf(score);
  expect(actions.map(({ id }) => id)).toEqual(['practise-close-the-source', 'practise-keep-evidence', 'practise-note-the-checks']);
  expect(whyOpen({ state: 'running', actions: [] })).toContain('not scored');
  expect(whyOpen({ state: 'scored', actions })).toContain('3 things');
  expect(whyOpen({ state: 'scored', actions: actions.map((one) => ({ ...one, owner: 'ana', state: 'done' })) })).toBeUndefined();
});

const RECORDS: readonly JsonObject[] = [
  { event: 'call.permitted', at: T0 - 900, principal: 'sallyport|registry', server: 'rt-mail' },
  { event: 'call.permitted', at: T0 - 800, agent: 'rt-a', server: 'rt-tickets', tool: 'get_ticket' },
  { event: 'call.denied', at: T0 - 300, agent: '<script>x', server: 'rt-mail', tool: 'send', code: 'ERR_APPROVAL_REQUIRED', policies: ['default/rule-of-two'] },
  { event: 'call.denied', at: T0 + 90 * MINUTE_MS, agent: 'late', server: 'rt-mail', tool: 'send' },
];

test('[exercise-paper] a printed pack has what a rehearsal wrote down as hand-outs, and nothing of it is markup', () => {
  const artefacts = artefactsOf(PACK, TIMES, RECORDS);
  expect(artefacts['odd-mail']).toMatchObject([{ event: 'call.permitted', what: 'rt-tickets/get_ticket', afterMs: 0 }, { event: 'call.denied', afterMs: 500 }]);
  const page = packPage(PACK, artefacts);
  expect(page).toContain('&lt;script&gt;x');
  expect(page).not.toMatch(/<script|onerror|src=|href=/);
  expect(page).toContain('default/rule-of-two');
  const markdown = packMarkdown(PACK, artefacts);
  expect(markdown).toContain('\\<script\\>x');
  for (const { hint } of PACK.injects.flatMap(({ expected }) => expected)) expect(hint.length).toBeGreaterThan(10);
});

test('[exercise-after-action] an after-action report says what was done when, by what that is known, and what is changed by whom', () => {
  const score = scoreLive(PACK, TIMES, RIGHT.slice(0, 3), MINUTE_MS);
  const exercise: Exercise = {
    pack: PACK, mode: 'live', state: 'scored', startedAt: T0, startedBy: 'ana', participants: ['ann', '<b>ben'], endedAt: T0 + 60 * MINUTE_MS, score,
    harm: ['rt-mail/send was called 1 times'], wash: [{ question: 'What told us first?', answer: 'the <i>gate</i>', by: 'ana', at: T0 }],
    actions: improvementsOf(score).map((one) => ({ ...one, owner: 'olga', due: T0 })),
  };
  const page = afterActionPage(exercise, T0 + 1);
  for (const words of ['containment.applied kill agent rt-prompt-injection-agent-1', 'in-time', 'missed', 'olga', '&lt;i&gt;gate', 'rt-mail/send was called']) {
    expect(page).toContain(words);
  }
  expect(page).not.toMatch(/<script|<i>|<b>|src=|href=/);
  expect(afterActionMarkdown(exercise)).toContain('- [ ] Missed');
});

test('a score is what its answers come to, and nothing better', () => {
  const score = scorePaper(PACK, { 'stop-the-agent': 'in-time', 'say-what-left': 'late' }, ['all-stopped']);
  expect(addsUp(score)).toBe(true);
  const [first, ...others] = score.answers;
  if (first === undefined) throw new Error('the pack expects nothing');
  const lies = [
    { ...score, percent: 100 }, { ...score, grade: 'good' as const }, { ...score, points: score.most }, { ...score, most: score.points },
    { ...score, answers: [{ ...first, points: first.most + 1 }, ...others] }, { ...score, wrong: [] },
  ];
  expect(lies.filter(addsUp)).toEqual([]);
  const none = scorePaper(PACK, {}, []);
  const [missed, ...rest] = none.answers;
  if (missed === undefined) throw new Error('the pack expects nothing');
  const { most } = missed;
  expect(addsUp({ ...none, answers: [{ ...missed, points: most }, ...rest], points: most, percent: Math.round((most / none.most) * 100) })).toBe(false);
});
