import type { Assessed, Coverage, Report } from './assess.ts';
import { escaped } from '../story/markup.ts';

/** What the words of a report mean, said in each form of it. */
export const CAVEAT = 'This counts records and names gaps. Whether a control is met is for people to judge, with more than a gate can record.';

export const COVERAGE: Readonly<Record<Coverage, string>> = { records: 'records of each kind', some: 'records of some kinds', none: 'no records' };

const STYLE = `body{margin:0;background:#f4f6f9;color:#1c2430;font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1020px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 2px}h2{font-size:16px;margin:30px 0 8px}.sub{color:#56606e;margin:0 0 12px}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde3ea;table-layout:fixed}
th{text-align:left;font-size:12px;color:#56606e;font-weight:500}
td,th{padding:8px 12px;border-top:1px solid #edf0f4;vertical-align:top;overflow-wrap:anywhere}.id{width:84px;font-weight:600}
ul{margin:0;padding-left:18px}.none{color:#b3261e}.some{color:#8a5a00}.small{font-size:13px;color:#56606e}`;

/** One page that needs nothing else: no script, no request. */
export function reportPage(report: Report): string {
  const { title, source, since, until, controls, gaps } = report;
  const period = `${day(since)} to ${day(until)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${escaped(`${title}, ${period}`)}</title><style>${STYLE}</style></head><body><main>
<h1>${escaped(title)}</h1><p class="sub">Evidence recorded by Sallyport, ${period}. ${escaped(CAVEAT)}</p>
<h2>Gaps of the evidence as a whole</h2>${gaps.length === 0 ? '<p>None found.</p>' : listed(gaps)}
<h2>Controls</h2><table><tr><th class="id">control</th><th>asks</th><th>records</th><th>gaps</th></tr>${controls.map(row).join('\n')}</table>
<p class="small">${escaped(source)}</p></main></body></html>
`;
}

function row({ id, asks, coverage, shown, gaps, beyond }: Assessed): string {
  const records = shown.filter(({ records: count }) => count > 0).map(({ evidence, records: count }) => `${evidence}: ${count}`);
  return `<tr><td class="id">${escaped(id)}</td><td>${escaped(asks)}</td><td><span class="${coverage}">${COVERAGE[coverage]}</span>${listed(records)}</td>
<td>${listed(gaps)}${beyond === undefined ? '' : `<p class="small">Not in any record: ${escaped(beyond)}.</p>`}</td></tr>`;
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
