import { html, markdown, raw, textOf } from '../domain/markup.ts';
import type { Html } from '../domain/markup.ts';
import type { ArtefactRow, Artefacts } from './artefact.ts';
import type { Expected, Inject, Pack } from './pack.ts';
import { page } from './style.ts';

/** A pack on paper: the facilitator's part with answers and hints, each inject on a page of its own, hand-outs and the score sheet. */
export function packPage(pack: Pack, artefacts: Artefacts): string {
  const { title, version, kind, minutes, objectives, techniques, cast, setting, injects, wrong, rubric, hotWash } = pack;
  return textOf(page(`Exercise: ${title}`, html`
<h1>${title}</h1><p class="sub">Exercise ${pack.id}, version ${version}. ${kind}. ${minutes} minutes. ${techniques.join(', ')}</p>
<h2>Objectives</h2><ul>${objectives.map((one) => html`<li>${one}</li>`)}</ul>
<h2>Cast</h2><table>${cast.map(({ role, does }) => html`<tr><th>${role}</th><td>${does}</td></tr>`)}</table>
<h2>The setting</h2><p>${setting}</p>
${injects.map((inject) => injectPart(inject, artefacts[inject.id] ?? []))}
<section class="sheet"><h2>What makes it worse</h2><table>${
    wrong.map(({ what, minus }) => html`<tr><td>${what}</td><td class="number">−${minus}</td></tr>`)}</table>
<h2>How it is judged</h2><table><tr><th></th><th>poor</th><th>fair</th><th>good</th></tr>${
    rubric.map(({ area, poor, fair, good }) => html`<tr><th>${area}</th><td>${poor}</td><td>${fair}</td><td>${good}</td></tr>`)}</table>
<h2>Hot wash</h2><ol>${hotWash.map((one) => html`<li>${one}<p class="line"></p></li>`)}</ol></section>`));
}

function injectPart({ at, title, text, artefact, expected }: Inject, rows: readonly ArtefactRow[]): Html {
  return html`<section class="sheet"><h2>${clock(at)} ${title}</h2><p class="said">${text}</p>
${artefact === undefined || rows.length === 0 ? undefined : html`<h3>Hand-out: ${artefact.title}</h3>${artefactTable(rows)}`}
<h3>For the facilitator</h3><table><tr><th>expected</th><th>until</th><th>points</th><th>hint, if nobody comes to it</th><th>in time</th><th>late</th></tr>${
    expected.map((one) => expectedRow(one, at))}</table></section>`;
}

function expectedRow({ what, within, points, hint, area }: Expected, at: number): Html {
  return html`<tr><td>${what} <span class="small">(${area})</span></td><td class="k">${clock(at + within)}</td><td class="number">${points}</td>
<td>${hint}</td>${raw('<td>☐</td><td>☐</td>')}</tr>`;
}

function artefactTable(rows: readonly ArtefactRow[]): Html {
  return html`<table class="log"><tr><th>after</th><th>event</th><th>agent</th><th>what</th><th>why</th></tr>${
    rows.map(({ afterMs, event, agent, what, why }) => html`<tr><td class="k">${(afterMs / 1_000).toFixed(1)} s</td><td class="k">${event}</td><td>${agent}</td><td>${what}</td>
<td>${why}</td></tr>`)}</table>`;
}

/** The same as Markdown. */
export function packMarkdown(pack: Pack, artefacts: Artefacts): string {
  const { title, version, kind, minutes, objectives, techniques, cast, setting, injects, wrong, rubric, hotWash } = pack;
  const lines = [
    `# ${markdown(title)}`, '', `Exercise ${pack.id}, version ${version}. ${kind}. ${minutes} minutes. ${techniques.join(', ')}`, '',
    '## Objectives', '', ...objectives.map((one) => `- ${markdown(one)}`), '', '## Cast', '',
    ...cast.map(({ role, does }) => `- **${markdown(role)}**: ${markdown(does)}`), '', '## The setting', '', markdown(setting), '',
    ...injects.flatMap((inject) => injectLines(inject, artefacts[inject.id] ?? [])),
    '## What makes it worse', '', ...wrong.map(({ what, minus }) => `- −${minus}: ${markdown(what)}`), '', '## How it is judged', '',
    ...tableOf(['', 'poor', 'fair', 'good'], rubric.map(({ area, poor, fair, good }) => [area, poor, fair, good])), '',
    '## Hot wash', '', ...hotWash.map((one, index) => `${index + 1}. ${markdown(one)}`), '',
  ];
  return lines.join('\n');
}

function injectLines({ at, title, text, artefact, expected }: Inject, rows: readonly ArtefactRow[]): readonly string[] {
  const handOut = artefact === undefined || rows.length === 0 ? [] : [
    `### Hand-out: ${markdown(artefact.title)}`, '', ...tableOf(
      ['after', 'event', 'agent', 'what', 'why'], rows.map((row) => [`${(row.afterMs / 1_000).toFixed(1)} s`, row.event, row.agent, row.what, row.why]),
    ), '',
  ];
  return [
    `## ${clock(at)} ${markdown(title)}`, '', markdown(text), '', ...handOut, '### For the facilitator', '',
    ...tableOf(['expected', 'until', 'points', 'hint'], expected.map(({ what, within, points, hint }) => [what, clock(at + within), String(points), hint])), '',
  ];
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [head, head.map(() => '---'), ...rows.map((row) => row.map(markdown))].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Minutes after the start, as a clock shows them. */
function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
