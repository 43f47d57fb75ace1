import { html, raw, textOf } from '../domain/markup.ts';
import type { RunReport, ScenarioResult } from './outcome.ts';

/** A run as JUnit XML, as build servers read it: one case a scenario, a failure where its line is red. */
export function junitOf({ results, startedAt, endedAt, seed, configuration }: RunReport): string {
  const failures = results.filter(({ red }) => red !== undefined).length;
  const page = html`<testsuites name="sallyport redteam" tests="${results.length}" failures="${failures}" time="${seconds(endedAt - startedAt)}">
<testsuite name="redteam" tests="${results.length}" failures="${failures}" errors="0" skipped="0" time="${seconds(endedAt - startedAt)}" timestamp="${
    new Date(startedAt).toISOString()}">
<properties><property name="seed" value="${seed}"/><property name="configuration" value="${configuration}"/></properties>
${results.map((result) => html`${caseOf(result)}
`)}</testsuite>
</testsuites>
`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${textOf(page)}`;
}

function caseOf(result: ScenarioResult): ReturnType<typeof html> {
  const { id, title, techniques, red, outcome, harm, tookMs, acted } = result;
  const said = `${outcome}${acted.length === 0 ? '' : ` by ${acted.map(({ control }) => control).join(', ')}`}`;
  const inside = red === undefined
    ? html`<system-out>${said}</system-out>`
    : html`<failure type="${outcome}" message="${red}">${[said, ...harm.map(({ what, evidence }) => `${what}: ${evidence}`)].join('; ')}</failure>`;
  return html`<testcase classname="redteam.${techniques[0] ?? 'none'}" name="${id}: ${title}" time="${seconds(tookMs)}">${inside}${raw('</testcase>')}`;
}

function seconds(ms: number): string {
  return (Math.max(0, ms) / 1000).toFixed(3);
}
