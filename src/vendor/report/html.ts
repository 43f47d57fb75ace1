import { html, raw, textOf, type Html } from '../../domain/markup.ts';
import { DOMAINS } from '../disclosure/question.ts';
import { CHECKS } from '../probe/checks.ts';
import { isCheck } from '../score/checks.ts';
import type { Item, Score } from '../score/score.ts';
import { dayText, standingText, type VendorReport } from './report.ts';

const STYLE = `body{margin:0;background:#f4f6f9;color:#1c2430;font:15px/1.5 system-ui,"Segoe UI",Roboto,sans-serif}
main{max-width:1020px;margin:0 auto;padding:28px 20px 60px}h1{font-size:22px;margin:0}h2{font-size:16px;margin:28px 0 8px}
.sub{color:#56606e;margin:2px 0 14px}table{border-collapse:collapse;width:100%;background:#fff;border:1px solid #dde3ea}
th{text-align:left;font-size:12px;color:#56606e;font-weight:500}td,th{padding:7px 12px;border-top:1px solid #edf0f4;vertical-align:top;overflow-wrap:anywhere}
th,.k{overflow-wrap:normal}
.n{text-align:right;white-space:nowrap}.big{font-size:44px;font-weight:650;line-height:1}.top{display:flex;gap:28px;align-items:center;background:#fff;
border:1px solid #dde3ea;padding:18px 20px}.bad{color:#b3261e}.small{font-size:13px;color:#56606e}svg{max-width:100%;height:auto}
@media print{body{background:#fff}main{max-width:none;padding:0}table,.top{break-inside:avoid}}`;

/** One page that needs nothing else: no script, no request; good for a screen and for paper. */
export function reportHtml(report: VendorReport): string {
  const { name, id, owner, purpose, tier, score, at } = report;
  return textOf(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width"><title>Vendor ${name}, ${dayText(at)}</title><style>${raw(STYLE)}</style></head><body><main>
<h1>${name}</h1><p class="sub">Vendor ${id}, ${tier}; ${purpose}. Owner ${owner}. As of ${dayText(at)}.</p>
<div class="top"><div><div class="big">${score.score}</div><div>grade ${score.grade}, confidence ${score.confidence} %</div></div>${chart(score)}</div>
<p>${standingText(report)}</p>
${facts(report)}${against(score)}${mismatches(score)}${events(report)}${inputs(score)}
<p class="small">Confidence is the share that was seen from outside, and not only declared. The score can be recomputed from the JSON report, which holds
every input. It says how a vendor stands to what is asked here; whether that is enough is for people to judge.</p>
</main></body></html>
`);
}

const ROW = 24;
const WIDE = 300;

/** A bar a domain. */
function chart({ domains }: Score): Html {
  const bars = domains.map(({ domain, share }, row) => html`<text x="0" y="${row * ROW + 16}">${DOMAINS[domain].title}</text>
<rect x="230" y="${row * ROW + 5}" width="${WIDE}" height="14" fill="#e6ebf1"/>
<rect x="230" y="${row * ROW + 5}" width="${Math.round(WIDE * share)}" height="14" fill="${colour(share)}"/>
<text x="${230 + WIDE + 8}" y="${row * ROW + 16}">${Math.round(100 * share)} %</text>`);
  const high = domains.length * ROW;
  return html`<svg role="img" aria-label="Share reached in each domain" viewBox="0 0 590 ${high}" width="590" height="${high}" font-size="13"
font-family="system-ui,sans-serif" fill="#1c2430">${bars}</svg>`;
}

function colour(share: number): string {
  return share >= 0.75 ? '#2f7d4f' : share >= 0.5 ? '#b07a1e' : '#b3261e';
}

function facts({ endpoints, servers, data, contacts }: VendorReport): Html {
  return html`<h2>What it is used for</h2><table>${[
    fact('endpoints', endpoints), fact('servers at the gate', servers), fact('may be sent', [data]), fact('contacts', contacts),
  ]}</table>`;
}

function fact(what: string, items: readonly string[]): Html {
  return html`<tr><th>${what}</th><td>${items.length === 0 ? 'none' : items.join(', ')}</td></tr>`;
}

function against({ penalties, caps, missing }: Score): Html {
  if (penalties.length + caps.length + missing.length === 0) return html``;
  return html`<h2>What holds it down</h2><table>${[
    ...caps.map(({ why, max }) => html`<tr><td class="bad">${why}</td><td class="n">at most ${max}</td></tr>`),
    ...penalties.map(({ why, points }) => html`<tr><td>${why}</td><td class="n">-${points}</td></tr>`),
    ...(missing.length === 0 ? [] : [html`<tr><td>not answered: ${missing.join(', ')}</td><td></td></tr>`]),
  ]}</table>`;
}

function mismatches({ mismatches: found }: Score): Html {
  if (found.length === 0) return html``;
  return html`<h2>Disclosed, and otherwise from outside</h2><table><tr><th>what</th><th>severity</th><th>the vendor said</th><th>seen</th></tr>${
    found.map(({ id, severity, said, seen, isExcepted }) =>
      html`<tr><td class="k">${id}${isExcepted ? ' (accepted)' : ''}</td><td class="k">${severity}</td><td>${said}</td><td>${seen}</td></tr>`)}</table>`;
}

function events({ events: noted }: VendorReport): Html {
  if (noted.length === 0) return html``;
  return html`<h2>What happened</h2><table>${noted.map(({ event, at, note }) =>
    html`<tr><td class="k">${dayText(at)}</td><td class="k">${event}</td><td>${note}</td></tr>`)}</table>`;
}

function inputs({ items }: Score): Html {
  return html`<h2>Every input</h2><table><tr><th>input</th><th>domain</th><th>known by</th><th class="n">weight</th><th class="n">worth</th>
<th class="n">freshness</th></tr>${items.map(inputRow)}</table>`;
}

function inputRow({ id, domain, by, weight, worth, freshness, isExcepted }: Item): Html {
  const what = isCheck(id) ? `${CHECKS[id].probe} ${id}` : id;
  return html`<tr><td>${what}${isExcepted ? ' (accepted: not counted)' : ''}</td><td>${DOMAINS[domain].title}</td><td>${by}</td><td class="n">${weight}</td>
<td class="n">${percent(worth)}</td><td class="n">${percent(freshness)}</td></tr>`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
