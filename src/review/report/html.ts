import { SEVERITIES } from '../../domain/finding.ts';
import { html, raw, textOf } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { CHECKS } from '../checks/table.ts';
import { day } from '../days.ts';
import { findingsIn } from './markdown.ts';
import { counted } from './report.ts';
import type { Quarter, ReportedItem, ReviewReport } from './report.ts';

const STYLE = `body{margin:0;background:#f4f6f9;color:#1c2430;font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 2px}h2{font-size:16px;margin:30px 0 8px}.sub{color:#56606e;margin:0 0 12px}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde3ea}
th{text-align:left;font-size:12px;color:#56606e;font-weight:500}
td,th{padding:7px 10px;border-top:1px solid #edf0f4;vertical-align:top;overflow-wrap:anywhere}
th,.k{overflow-wrap:normal}
.critical,.high{color:#b3261e}.medium{color:#8a5a00}.small{font-size:13px;color:#56606e}
svg text{font:12px system-ui,sans-serif;fill:#56606e}@media print{body{background:#fff}main{padding:0}}`;

/** A campaign as one page that needs nothing else: no script, no request; ready to print. */
export function htmlReport(report: ReviewReport): string {
  const { title, items, trend, configuration } = report;
  const looked = configuration === undefined ? undefined
    : html`<p class="small">It looked at version ${configuration.number} of the configuration, ${configuration.digest}.</p>`;
  const findings = items.filter(({ check }) => check !== 'access');
  return `<!doctype html>\n${textOf(html`<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${raw(STYLE)}</style></head><body><main>
<h1>${title}</h1><p class="sub">${headOf(report)}</p>
${looked}
<h2>Findings by check</h2>${bars(counted(findings, ({ check }) => check))}
<h2>Answers</h2>${bars(counted(items, ({ state }) => state))}
<h2>What became of them</h2>${bars(counted(items, ({ remedy }) => remedy))}
${trend.length < 2 ? undefined : html`<h2>Trend</h2>${line(trend)}`}
${CHECKS.map(({ id, title: name }) => section(name, items.filter(({ check }) => check === id)))}
</main></body></html>`)}\n`;
}

function headOf({ space, openedAt, dueAt, closedAt, items, left }: ReviewReport): string {
  const ends = closedAt === undefined ? 'open' : `closed ${day(closedAt)}`;
  const rest = left === 0 ? '' : `, ${left} more left for the next one`;
  return `Space ${space}, opened ${day(openedAt)}, due ${day(dueAt)}, ${ends}; ${items.length} items${rest}.`;
}

function section(name: string, items: readonly ReportedItem[]): Html {
  if (items.length === 0) return html``;
  const sorted = items.toSorted((one, other) => SEVERITIES.indexOf(other.severity) - SEVERITIES.indexOf(one.severity));
  return html`<h2>${name} (${items.length})</h2><table><tr><th>severity</th><th>what</th><th>asked</th><th>answer</th><th>then</th></tr>
${sorted.map(row)}</table>`;
}

function row({ id, severity, title, outlier, reviewers, as, state, words, remedy, note }: ReportedItem): Html {
  const last = words.at(-1);
  return html`<tr><td class="k ${severity}">${severity}</td><td>${title}${small(outlier)}${small(id)}</td>
<td>${reviewers.length === 0 ? as : reviewers.join(', ')}</td><td class="k">${state}${small(last === undefined ? undefined : `${last.by}: ${last.reason}`)}</td>
<td>${remedy}${small(note)}</td></tr>\n`;
}

function small(text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<div class="small">${text}</div>`;
}

const WIDE = 640;
const NAME = 200;
const TALL = 22;

function bars(counts: readonly (readonly [string, number])[]): Html {
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const tall = counts.length * TALL + 4;
  const bar = ([name, count]: readonly [string, number], at: number): Html => {
    const [top, wide] = [at * TALL, Math.max(1, Math.round(((WIDE - NAME - 60) * count) / most))];
    return html`<text x="0" y="${top + 15}">${name}</text><rect x="${NAME}" y="${top + 4}" width="${wide}" height="14" fill="#3b6ea5"/>
<text x="${WIDE - 52}" y="${top + 15}">${count}</text>`;
  };
  return html`<svg role="img" width="${WIDE}" height="${tall}" viewBox="0 0 ${WIDE} ${tall}">${counts.map(bar)}</svg>`;
}

/** Findings campaign by campaign. */
function line(trend: readonly Quarter[]): Html {
  const points = trend.map(({ openedAt, checks }, at) => ({ openedAt, count: findingsIn(checks),
    x: Math.round(30 + (at * (WIDE - 80)) / (trend.length - 1)) }));
  const most = Math.max(1, ...points.map(({ count }) => count));
  const y = (count: number): number => Math.round(120 - (count * 100) / most);
  const mark = ({ openedAt, count, x }: (typeof points)[number]): Html => html`<circle cx="${x}" cy="${y(count)}" r="3" fill="#3b6ea5"/>
<text x="${x - 10}" y="${y(count) - 6}">${count}</text><text x="${x - 28}" y="148">${day(openedAt)}</text>`;
  return html`<svg role="img" width="${WIDE}" height="160" viewBox="0 0 ${WIDE} 160">
<polyline fill="none" stroke="#3b6ea5" stroke-width="2" points="${points.map(({ x, count }) => `${x},${y(count)}`).join(' ')}"/>${points.map(mark)}</svg>`;
}
