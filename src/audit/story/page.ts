import type { Session } from '../index/sessions.ts';
import { countsOf } from './diagram.ts';
import type { Graph } from './graph.ts';
import { escaped } from './markup.ts';
import type { Step, StepKind } from './story.ts';
import { asSvg } from './svg.ts';

/** What a page tells: a session in sum, its steps, its graph. */
export interface Told {
  readonly session: Session | undefined;
  readonly steps: readonly Step[];
  readonly graph: Graph;
}

const MARKS: Readonly<Record<StepKind, string>> = {
  listed: 'listed', called: 'called', denied: 'denied', refused: 'refused', withheld: 'withheld', failed: 'failed', asked: 'message', labels: 'labels',
  finding: 'finding', stopped: 'stopped', noted: 'note',
};

const STYLE = `:root{color-scheme:light}body{margin:0;background:#f4f6f9;color:#1c2430;font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1020px;margin:0 auto;padding:28px 20px 60px}h1{font-size:22px;margin:0 0 2px}h2{font-size:16px;margin:34px 0 10px}
.sub{color:#56606e;margin:0 0 18px;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin:0}
dl div{background:#fff;border:1px solid #dde3ea;border-radius:8px;padding:9px 13px}
dt{font-size:12px;color:#56606e}dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.graph{background:#fff;border:1px solid #dde3ea;border-radius:8px;overflow-x:auto}svg{display:block}
table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde3ea;border-radius:8px;table-layout:fixed}
th{text-align:left;font-size:12px;color:#56606e;font-weight:500}
td,th{padding:7px 12px;border-top:1px solid #edf0f4;vertical-align:top;overflow-wrap:anywhere}tr:first-child th{border-top:0}
.when{width:86px;font-variant-numeric:tabular-nums;color:#56606e;white-space:nowrap}.what{width:84px}
.mark{display:inline-block;font-size:12px;border:1px solid #b9c3cf;border-radius:5px;padding:0 7px;background:#f4f6f9}
.denied .mark,.refused .mark,.withheld .mark{border-color:#b3261e;color:#b3261e;background:#fdf1f0}
.failed .mark{border-color:#7a4d00;color:#7a4d00;background:#fff8ec}.labels .mark{border-color:#8a5a00;color:#8a5a00;background:#fff8ec}
.finding .mark,.stopped .mark{border-color:#6a1fb0;color:#6a1fb0;background:#f8f2fd}
.more{color:#56606e;font-size:13.5px}.day td{background:#eef2f6;font-weight:600;font-size:13px}code{font:12.5px ui-monospace,Menlo,Consolas,monospace}
@media print{body{background:#fff}main{padding:0;max-width:none}tr{break-inside:avoid}}`;

/** One page that needs nothing else: no script, no request; it may lie in a ticket or an evidence bundle. */
export function asPage({ session, steps, graph }: Told): string {
  const title = `${graph.agent} for ${graph.who}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head><body><main>
<h1>${escaped(title)}</h1><p class="sub">Session <code>${escaped(session?.context ?? '')}</code>, as recorded by Sallyport. Times are UTC.</p>
${session === undefined ? '' : sums(session)}
<h2>Servers and data flow</h2><div class="graph">${asSvg(graph)}</div>
<h2>What happened</h2><table><tr><th class="when">time</th><th class="what"></th><th>step</th></tr>${rows(steps)}</table></main></body></html>
`;
}

function sums(session: Session): string {
  const { labels, severity } = session;
  const cells: readonly (readonly [string, string])[] = [
    ['from', clock(session.firstAt)], ['to', clock(session.lastAt)],
      ['calls', countsOf({ calls: session.calls, denied: session.denials, failed: session.failures })],
    ['servers', session.servers.map(({ server }) => server).join(', ') || 'none'],
    ['carried at most', [labels.confidentiality ?? 'nothing', ...labels.categories, ...(labels.untrusted ? ['untrusted'] : [])].join(' ')],
    ['findings', session.findings === 0 ? 'none' : `${session.findings}, up to ${severity ?? ''}`],
  ];
  return `<dl>${cells.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`;
}

function rows(steps: readonly Step[]): string {
  let day = '';
  return steps.map(({ kind, at, says, details, exchange }) => {
    const [date = '', time = ''] = new Date(at).toISOString().split('T');
    const head = date === day ? '' : `<tr class="day"><td colspan="3">${date}</td></tr>`;
    day = date;
    const more = details.length === 0 ? '' : `<div class="more">${escaped(details.join(' · '))}</div>`;
    return `${head}<tr class="${kind}"${exchange === undefined ? '' : ` title="exchange ${escaped(exchange)}"`}><td class="when">${time.slice(0, 8)}</td>
<td class="what"><span class="mark">${MARKS[kind]}</span></td><td>${escaped(says)}${more}</td></tr>`;
  }).join('\n');
}

function clock(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}
