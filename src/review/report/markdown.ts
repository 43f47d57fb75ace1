import { CHECKS } from '../checks/table.ts';
import { day } from '../days.ts';
import { markdown } from '../../domain/markup.ts';
import { counted } from './report.ts';
import type { ReportedItem, ReviewReport } from './report.ts';

/** A campaign as Markdown. What people and servers called things is text in it. */
export function markdownReport({ title, space, openedAt, dueAt, closedAt, items, left, trend }: ReviewReport): string {
  const findings = items.filter(({ check }) => check !== 'access');
  return [
    `# ${markdown(title)}`, '',
    `Space ${markdown(space)}, opened ${day(openedAt)}, due ${day(dueAt)}${closedAt === undefined ? '' : `, closed ${day(closedAt)}`}.`,
    `${items.length} items, ${findings.length} of them findings.${left === 0 ? '' : ` ${left} more were left for the next campaign.`}`, '',
    '| answer | items |', '|---|---|', ...counted(items, ({ state }) => state).map(([state, count]) => `| ${state} | ${count} |`), '',
    '| what became of it | items |', '|---|---|', ...counted(items, ({ remedy }) => remedy).map(([remedy, count]) => `| ${remedy} | ${count} |`), '',
    ...CHECKS.flatMap(({ id, title: name }) => section(name, items.filter(({ check }) => check === id))),
    ...(trend.length < 2 ? [] : [
      '## Trend', '', '| campaign | opened | findings |', '|---|---|---|',
      ...trend.map(({ title: one, openedAt: at, checks }) => `| ${markdown(one)} | ${day(at)} | ${findingsIn(checks)} |`), '',
    ]),
  ].join('\n');
}

function section(name: string, items: readonly ReportedItem[]): readonly string[] {
  if (items.length === 0) return [];
  return [
    `## ${name} (${items.length})`, '', '| severity | what | asked | answer | then |', '|---|---|---|---|---|',
    ...items.map(({ severity, title, reviewers, as, state, words, remedy, note, outlier }) => {
      const last = words.at(-1);
      const said = last === undefined ? state : `${state} (${last.reason})`;
      const told = outlier === undefined ? title : `${title} (${outlier})`;
      const cells = [severity, told, reviewers.length === 0 ? as : reviewers.join(', '), said, note === undefined ? remedy : `${remedy}: ${note}`];
      return `| ${cells.map(markdown).join(' | ')} |`;
    }), '',
  ];
}

/** Everything that was wrong; access that is only to be confirmed is not. */
export function findingsIn(checks: Readonly<Record<string, number>>): number {
  return Object.entries(checks).reduce((sum, [check, count]) => sum + (check === 'access' ? 0 : count), 0);
}
