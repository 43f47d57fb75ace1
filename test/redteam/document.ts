import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTROLS } from '../../src/redteam/control-table.ts';
import { WORTH } from '../../src/redteam/judge.ts';
import type { Claim, Scenario } from '../../src/redteam/scenario.ts';
import { INCIDENTS } from '../../src/redteam/taxonomy/incidents.ts';
import { TAXONOMIES } from '../../src/redteam/taxonomy/techniques.ts';
import { SHIPPED } from './rehearsing.ts';

/** The page that `bun test/redteam/document.ts` writes. */
export const PAGE = join(import.meta.dir, '..', '..', 'docs', 'red-team-coverage.md');

/** What the red team tries, as a page: by class of incidents, by published technique, by control. */
export function coverage(scenarios: readonly Scenario[]): string {
  const count = (claim: Claim): number => scenarios.filter((one) => one.claim === claim).length;
  return `# What the red team tries

Made by \`bun test/redteam/document.ts\` of the scenarios that ship; a test holds it to them, and another one to what they come to
(\`bun test test/redteam\`). How to run them: [red-team.md](red-team.md).

${scenarios.length} scenarios, against the shipped defaults: ${count('prevented')} are claimed to be **prevented** (no effect),
${count('detected')} to be **detected** (an effect, with a finding on record), ${count('missed')} to be **missed**, each with what helps.
A technique that several scenarios try stands as its worst.
That a technique is prevented means: as it is tried here. Nothing more follows for other forms of it; the adaptive attacker looks for those.

## Classes of incidents

| class | what happened | scenarios |
| --- | --- | --- |
${Object.entries(INCIDENTS).map(([number, what]) => row(number, what, namesOf(scenarios.filter(({ incident }) => String(incident) === number)))).join('\n')}
| | others | ${namesOf(scenarios.filter(({ incident }) => incident === undefined))} |

${Object.values(TAXONOMIES).map((list) => taxonomy(list, scenarios)).join('\n\n')}

## Controls

Each is switched off by itself, and a line turns red: by the configuration in \`test/redteam/claims.test.ts\`, in the code by night.

| control | what it is | off by | scenarios that name it |
| --- | --- | --- | --- |
${CONTROLS.map(({ id, title, off }) => row(`\`${id}\``, title, OFF[off.by], namesOf(scenarios.filter(({ by }) => by.includes(id))))).join('\n')}

## What is not prevented, and why

| scenario | claim | why, and what helps |
| --- | --- | --- |
${scenarios.filter(({ claim }) => claim !== 'prevented').map(({ id, claim, gap = '' }) => row(id, claim, gap)).join('\n')}
`;
}

const OFF = { manifest: 'configuration', operator: 'whoever approves everything', permits: 'a policy that permits everything', code: 'code only' } as const;

function taxonomy({ title, techniques }: (typeof TAXONOMIES)[string], scenarios: readonly Scenario[]): string {
  const rows = Object.entries(techniques).map(([id, name]) => ({ id, name, own: scenarios.filter((one) => one.techniques.includes(id)) }));
  const tried = rows.filter(({ own }) => own.length > 0);
  const rest = rows.filter(({ own }) => own.length === 0).map(({ id }) => id);
  return `## ${title}

${tried.length} of ${rows.length} are tried.

| technique | claim | scenarios |
| --- | --- | --- |
${tried.map(({ id, name, own }) => row(`${id} ${name}`, worstOf(own), namesOf(own))).join('\n')}${rest.length === 0 ? '' : untried(rest)}`;
}

function untried(ids: readonly string[]): string {
  return `

Not tried, since they happen before, beside or behind the gate (in models, their training, in people, on hosts), or since nothing here
shows them: ${ids.join(', ')}.`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function worstOf(scenarios: readonly Scenario[]): Claim {
  return scenarios.map(({ claim }) => claim).toSorted((one, other) => WORTH[one] - WORTH[other])[0] ?? 'missed';
}

function namesOf(scenarios: readonly Scenario[]): string {
  return scenarios.map(({ id }) => id).join(', ');
}

if (import.meta.main) writeFileSync(PAGE, coverage(SHIPPED));
