import { html, raw, textOf, type Html } from '../domain/markup.ts';
import { OUTCOMES, SCRIPTED, type Difference, type Evidence, type Outcome, type RunReport, type ScenarioResult, type TechniqueResult } from './outcome.ts';
import { INCIDENTS } from './taxonomy/incidents.ts';
import { nameOfTechnique } from './taxonomy/techniques.ts';

const STYLE = `body{margin:0;background:#f4f6f9;color:#1c2430;font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}h1{font-size:22px;margin:0 0 2px}h2{font-size:16px;margin:30px 0 8px}
.sub{color:#56606e;margin:0 0 12px}table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde3ea;table-layout:fixed}
th{text-align:left;font-size:12px;color:#56606e;font-weight:500}td,th{padding:8px 12px;border-top:1px solid #edf0f4;vertical-align:top;overflow-wrap:anywhere}
th,.k{overflow-wrap:normal}
.small{font-size:13px;color:#56606e}.slim{width:90px}.wide{width:30%}.red{color:#b3261e;font-weight:600}.prevented{color:#1b6e3c}
.detected{color:#8a5a00}.missed,.void{color:#b3261e}
svg{display:block;width:100%;height:34px;background:#fff;border:1px solid #dde3ea}@media print{body{background:#fff}}`;

const COLOURS: Readonly<Record<Outcome, string>> = { prevented: '#2e8b57', detected: '#d9a441', missed: '#c0392b', void: '#7f8c8d' };

const WORDS: Readonly<Record<Outcome, string>> = {
  prevented: 'nothing happened that must not', detected: 'it happened, and a finding is on record', missed: 'it happened, and nobody is told',
  void: 'nothing was tried, so it proves nothing',
};

/** A run as one page that needs nothing else: no script, no request. */
export function runPage(report: RunReport): string {
  const { results, techniques, differences, startedAt, endedAt, seed, configuration, source, isolated, leftOut, agent } = report;
  const without = leftOut.join(', ');
  const seconds = Math.round((endedAt - startedAt) / 1000);
  const who = agent === SCRIPTED ? 'agent that obeys everything' : agent;
  const red = results.filter((result) => result.red !== undefined);
  const page = html`${raw('<!doctype html>')}
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>Red team, ${moment(startedAt)}</title><style>${raw(STYLE)}</style></head><body><main>
<h1>Red team</h1><p class="sub">${moment(startedAt)}, ${seconds} s, ${results.length} scenarios played by the ${who} against ${
    SOURCES[source]}${report.without === undefined ? '' : `, without ${report.without}`}.</p>
${barOf(results)}
<p class="small">${OUTCOMES.map((outcome) => html`<b class="${outcome}">${count(results, outcome)} ${outcome}</b> (${WORDS[outcome]}) `)}</p>
${isolated ? undefined : html`<p class="red">The machine could not give the range a network of its own: only its configuration kept it in.</p>`}
${without === '' ? undefined : html`<p class="small">Left out, because it reaches outside, holds secrets or administers: ${without}.</p>`}
<h2>Red lines</h2>${red.length === 0 ? html`<p>None: everything is as claimed, or better.</p>` : scenarioTable(red)}
<h2>Otherwise than in the run before</h2>${report.before === undefined ? html`<p>There is none to compare with.</p>` : differenceTable(differences)}
<h2>Techniques</h2><table><tr><th>technique</th><th class="slim">outcome</th><th>scenarios</th><th>controls that acted</th></tr>
${techniques.map(techniqueRow)}</table>
<h2>Scenarios</h2>${scenarioTable(results)}
<p class="small">Seed ${seed}; configuration ${configuration}. What nobody tried is not shown here.</p></main></body></html>
`;
  return textOf(page);
}

const SOURCES: Readonly<Record<RunReport['source'], string>> = {
  shipped: 'what ships, with nothing configured', live: 'the configuration in force', file: 'the configuration of a file',
};

function barOf(results: readonly ScenarioResult[]): Html {
  let x = 0;
  const parts = OUTCOMES.map((outcome) => {
    const width = results.length === 0 ? 0 : (count(results, outcome) / results.length) * 1000;
    const part = html`<rect x="${x.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="34" fill="${COLOURS[outcome]}"><title>${outcome}</title></rect>`;
    x += width;
    return part;
  });
  return html`<svg viewBox="0 0 1000 34" preserveAspectRatio="none" role="img" aria-label="Outcomes of all scenarios">${parts}</svg>`;
}

function count(results: readonly ScenarioResult[], outcome: Outcome): number {
  return results.filter((result) => result.outcome === outcome).length;
}

function scenarioTable(results: readonly ScenarioResult[]): Html {
  return html`<table><tr><th class="wide">scenario</th><th class="slim">claimed</th><th>outcome</th><th>controls that acted</th><th>evidence</th></tr>
${results.map(scenarioRow)}</table>`;
}

function scenarioRow({ id, title, incident, techniques, claim, outcome, acted, red, harm, evidence }: ScenarioResult): Html {
  const about = incident === undefined ? undefined : html`<br><span class="small">${incident}. ${INCIDENTS[incident] ?? ''}</span>`;
  return html`<tr><td><b>${id}</b><br>${title}${about}<br><span class="small">${techniques.join(', ')}</span></td><td>${claim}</td>
<td class="${outcome}">${outcome}${red === undefined ? undefined : html`<br><span class="red">${red}</span>`}</td>
<td>${acted.map(({ control, shows }) => html`<b>${control}</b> <span class="small">${shows.join(', ')}</span><br>`)}</td>
<td class="small">${harm.map((one) => html`${one.what}: ${one.evidence}<br>`)}${evidence.slice(0, EVIDENCE_SHOWN).map(evidenceLine)}</td></tr>`;
}

function evidenceLine({ position, event, code = '', findings = [], policies = [] }: Evidence): Html {
  return html`${position} ${event} ${[code, ...policies, ...findings].filter((word) => word !== '').join(' ')}<br>`;
}

const EVIDENCE_SHOWN = 6;

function techniqueRow({ technique, outcome, scenarios, controls }: TechniqueResult): Html {
  return html`<tr><td><b>${technique}</b><br><span class="small">${nameOfTechnique(technique) ?? ''}</span></td><td class="${outcome}">${outcome}</td>
<td class="small">${scenarios.join(', ')}</td><td class="small">${controls.join(', ')}</td></tr>`;
}

function differenceTable(differences: RunReport['differences']): Html {
  if (differences.length === 0) return html`<p>Nothing.</p>`;
  return html`<table><tr><th>scenario</th><th>was</th><th>is</th><th>controls that no longer acted</th></tr>${differences.map(differenceRow)}</table>`;
}

function differenceRow({ scenario, was, is, lost, regressed }: Difference): Html {
  return html`<tr><td>${scenario}</td><td>${was}</td><td class="${regressed ? 'red' : ''}">${is}</td><td>${lost.join(', ')}</td></tr>`;
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
