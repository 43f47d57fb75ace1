import { html, markdown, textOf } from '../domain/markup.ts';
import type { Html } from '../domain/markup.ts';
import type { Score } from './score.ts';
import { page } from './style.ts';

export const ACTION_STATES = ['open', 'done', 'dropped'] as const;

/** What is to be changed because of an exercise, until it is. */
export interface Improvement {
  readonly id: string;
  readonly what: string;
  readonly owner?: string;
  /** Epoch ms. */
  readonly due?: number;
  readonly state: (typeof ACTION_STATES)[number];
  /** What was done, or why not. */
  readonly note?: string;
}

export const MODES = ['paper', 'live'] as const;

/** One exercise from its start to the last thing that was changed because of it. Times are epoch ms. */
export interface Exercise {
  readonly pack: { readonly id: string; readonly version: number; readonly title: string; readonly kind: string };
  readonly mode: (typeof MODES)[number];
  readonly state: 'running' | 'scored' | 'closed';
  readonly startedAt: number;
  readonly startedBy: string;
  readonly participants: readonly string[];
  readonly endedAt?: number;
  readonly score?: Score;
  /** What must not have happened at the gate of the exercise and did. */
  readonly harm: readonly string[];
  readonly wash: readonly { readonly question: string; readonly answer: string; readonly by: string; readonly at: number }[];
  readonly actions: readonly Improvement[];
  readonly closedAt?: number;
}

/** What follows from a score: one thing to change for each that was missed, late or wrong. Whose it is people say. */
export function improvementsOf({ answers, wrong }: Score): readonly Improvement[] {
  const practise = answers.filter(({ answer }) => answer !== 'in-time').map(({ id, what, answer, hint }): Improvement =>
    ({ id: `practise-${id}`, what: `${answer === 'late' ? 'Sooner' : 'Missed'}: ${what}. ${hint}`, state: 'open' }));
  return [...practise, ...wrong.map(({ id, what }): Improvement => ({ id: `avoid-${id}`, what: `Not again: ${what}`, state: 'open' }))];
}

/** Why an exercise cannot be closed yet; undefined: it can. */
export function whyOpen({ state, actions }: Pick<Exercise, 'state' | 'actions'>): string | undefined {
  if (state === 'running') return 'it was not scored';
  const open = actions.filter((action) => action.state === 'open');
  return open.length === 0 ? undefined : `${open.length} things are still to be changed: ${open.slice(0, 5).map(({ id }) => id).join(', ')}`;
}

const STAYS_OPEN = 'It stays open until every line above is done, or dropped with a reason.';

/** The after-action report as one page. */
export function afterActionPage(exercise: Exercise, now: number): string {
  const { pack, mode, startedAt, endedAt, participants, score, harm, wash, state } = exercise;
  return textOf(page(`After action: ${pack.title}`, html`
<h1>${pack.title}</h1><p class="sub">After-action report of exercise ${pack.id}, version ${pack.version}, ${mode}; ${day(startedAt)}${
    endedAt === undefined ? '' : `, ${Math.round((endedAt - startedAt) / 60_000)} minutes`}. ${participants.join(', ')}</p>
${score === undefined ? html`<p>It was not scored yet.</p>` : scorePart(score)}
<h2>What happened that must not have</h2>${
    harm.length === 0 ? html`<p>Nothing that could be seen.</p>` : html`<ul>${harm.map((one) => html`<li>${one}</li>`)}</ul>`}
<h2>Hot wash</h2>${wash.length === 0 ? html`<p>Nothing was written down.</p>` : wash.map(({ question, answer, by }) =>
    html`<h3>${question}</h3><p>${answer} <span class="small">${by}</span></p>`)}
<h2>What is changed because of it</h2>${actionTable(exercise, now)}
<p class="small">${state === 'closed' ? 'Everything above was done, or dropped with a reason.' : STAYS_OPEN}</p>`));
}

function scorePart({ answers, wrong, percent, grade, points, most, areas }: Score): Html {
  return html`<h2>Score: <span class="${grade}">${percent} %, ${grade}</span></h2><p>${points} of ${most} points.</p>${chart(areas)}
<table><tr><th>expected</th><th>answer</th><th>after</th><th>points</th><th>shown by</th></tr>${
    answers.map(answerRow)}
${wrong.map(({ what, minus, shown }) =>
    html`<tr><td class="poor">${what}</td><td class="k poor">wrong</td><td></td><td class="number">−${minus}</td><td>${shown}</td></tr>`)}</table>`;
}

function answerRow({ what, answer, afterMs, points, most, shown = '' }: Score['answers'][number]): Html {
  return html`<tr><td>${what}</td><td class="k ${answer === 'in-time' ? 'good' : answer === 'late' ? 'fair' : 'poor'}">${answer}</td><td>${
    afterMs === undefined ? '' : `${Math.round(afterMs / 1_000)} s`}</td><td class="number">${points} / ${most}</td><td>${shown}</td></tr>`;
}

const BAR = 26;

function chart(areas: Score['areas']): Html {
  return html`<svg viewBox="0 0 600 ${areas.length * BAR + 6}" role="img" aria-label="Points by area">${areas.map(({ area, points, most }, index) => {
    const y = index * BAR + 4;
    return html`<text x="0" y="${y + 14}" font-size="13">${area}</text><rect x="90" y="${y}" width="440" height="18" fill="#e3e8ef"/>
<rect x="90" y="${y}" width="${((points / most) * 440).toFixed(1)}" height="18" fill="#33557a"/>
<text x="540" y="${y + 14}" font-size="13">${points} / ${most}</text>`;
  })}</svg>`;
}

function actionTable({ actions }: Exercise, now: number): Html {
  if (actions.length === 0) return html`<p>Nothing.</p>`;
  return html`<table><tr><th>what</th><th>owner</th><th>due</th><th>state</th></tr>${actions.map(({ what, owner, due, state, note }) => html`<tr><td>${what}${
    note === undefined ? '' : html` <span class="small">${note}</span>`}</td><td>${owner ?? 'nobody yet'}</td><td class="k ${
    state === 'open' && due !== undefined && due < now ? 'poor' : ''}">${due === undefined ? '' : day(due)}</td><td class="k">${state}</td></tr>`)}</table>`;
}

/** The same as Markdown. */
export function afterActionMarkdown({ pack, mode, startedAt, participants, score, harm, wash, actions }: Exercise): string {
  const scored = score === undefined ? ['It was not scored yet.'] : [
    `## Score: ${score.percent} %, ${score.grade}`, '', `${score.points} of ${score.most} points.`, '', '| expected | answer | points |', '| --- | --- | --- |',
    ...score.answers.map(({ what, answer, points, most }) => `| ${markdown(what)} | ${answer} | ${points} / ${most} |`),
    ...score.wrong.map(({ what, minus }) => `| ${markdown(what)} | wrong | −${minus} |`),
  ];
  return [
    `# After action: ${markdown(pack.title)}`, '',
    `Exercise ${pack.id}, version ${pack.version}, ${mode}; ${day(startedAt)}. ${participants.map(markdown).join(', ')}`, '', ...scored, '',
    '## What happened that must not have', '', ...(harm.length === 0 ? ['Nothing that could be seen.'] : harm.map((one) => `- ${markdown(one)}`)), '',
    '## Hot wash', '', ...wash.flatMap(({ question, answer }) => [`**${markdown(question)}** ${markdown(answer)}`, '']), '## What is changed because of it', '',
    ...actions.map(({ what, owner, due, state, note }) =>
      `- [${state === 'open' ? ' ' : 'x'}] ${markdown(what)} (${markdown(owner ?? 'nobody yet')}${due === undefined ? '' : `, ${day(due)}`}${
        note === undefined ? '' : `: ${markdown(note)}`})`), '',
  ].join('\n');
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
