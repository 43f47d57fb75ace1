import { markdown } from '../../domain/markup.ts';
import { DOMAINS } from '../disclosure/question.ts';
import { dayText, standingText, type VendorReport } from './report.ts';

const BAR = 20;

/** The same as a page, as Markdown: what the vendor and its servers wrote is text in it. */
export function reportMarkdown(report: VendorReport): string {
  const { name, id, owner, purpose, tier, score, at, endpoints, servers, data, events } = report;
  return [
    `# ${markdown(name)}`, '',
    `Vendor ${markdown(id)}, ${tier}; ${markdown(purpose)}. Owner ${markdown(owner)}. As of ${dayText(at)}.`, '',
    `**${score.score} of 100, grade ${score.grade}**, confidence ${score.confidence} %. ${markdown(standingText(report))}`, '',
    '| domain | share | |', '|---|--:|---|',
    ...score.domains.map(({ domain, share }) => `| ${DOMAINS[domain].title} | ${Math.round(100 * share)} % | ${bar(share)} |`), '',
    `Endpoints: ${listed(endpoints)}. Servers at the gate: ${listed(servers)}. May be sent: ${markdown(data)}.`, '',
    ...part('What holds it down', [
      ...score.caps.map(({ why, max }) => `- ${markdown(why)}: at most ${max}`), ...score.penalties.map(({ why, points }) => `- ${markdown(why)}: -${points}`),
      ...(score.missing.length === 0 ? [] : [`- not answered: ${listed(score.missing)}`]),
    ]),
    ...part('Disclosed, and otherwise from outside', score.mismatches.map(({ id: what, severity, said, seen, isExcepted }) =>
      `- ${markdown(what)} (${severity}${isExcepted ? ', accepted' : ''}): the vendor said ${markdown(said)}; seen: ${markdown(seen)}`)),
    ...part('What happened', events.map(({ event, at: when, note }) => `- ${dayText(when)} ${markdown(event)}: ${markdown(note)}`)),
    '## Every input', '', '| input | domain | known by | weight | worth | freshness |', '|---|---|---|--:|--:|--:|',
    ...score.items.map(({ id: what, domain, by, weight, worth, freshness, isExcepted }) =>
      `| ${markdown(what)}${isExcepted ? ' (accepted)' : ''} | ${DOMAINS[domain].title} | ${by} | ${weight} | ${percent(worth)} | ${percent(freshness)} |`), '',
  ].join('\n');
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.map(markdown).join(', ');
}

function bar(share: number): string {
  const full = Math.round(BAR * share);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
