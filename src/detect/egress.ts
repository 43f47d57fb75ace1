import type { Detector, Sight, View } from '../domain/detector.ts';
import { createBlocked } from './blocked.ts';
import { isDnsShaped, payloadOf } from './egress/payload.ts';
import { isSink, isTrusted } from './egress/sinks.ts';
import { freshViews } from './fresh.ts';
import { createReport } from './report.ts';
import type { Report } from './report.ts';
import type { DetectorInfo } from './rules.ts';
import type { Surroundings } from './surroundings.ts';
import { urlsIn } from './urls.ts';
import type { Written } from './urls.ts';

const LEAVING = ['MCP10', 'ASI02', 'AML.T0086', 'AML.T0025', 'SAFE-T1911', 'SAFE-T1913', 'MCP-T5'] as const;

export const info = {
  facets: ['definition', 'instructions', 'argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    'active-image': { severity: 'medium', what: 'Something of an unknown host that is fetched as soon as the text is shown.', catalogues: LEAVING },
    'data-in-image': { severity: 'critical', what: 'An image of an unknown host whose address carries data, or asks for it.', catalogues: LEAVING },
    'data-in-url': { severity: 'high', what: 'An address of an unknown host that carries an encoded text.', catalogues: LEAVING },
    'long-url': { severity: 'low', what: 'An address of an unknown host with a long random value or sentences in it.', catalogues: LEAVING },
    'dns-shaped': { severity: 'high', what: 'A host name that carries data in its labels.', catalogues: [...LEAVING, 'SAFE-T1910'] },
    sink: { severity: 'high', what: 'A service where anybody may take delivery of what is sent.', catalogues: [...LEAVING, 'SAFE-T1901'] },
    'unknown-host': { severity: 'info', what: 'An address of a host that is not on the list of trusted ones.', catalogues: LEAVING },
    'blocked-host': { severity: 'critical', what: 'An address of a host that a containment blocks.', catalogues: LEAVING },
    'active-scheme': { severity: 'high', what: 'A link that runs something instead of leading somewhere.', catalogues: [...LEAVING, 'MCP05'] },
  },
} as const satisfies DetectorInfo<'egress'>;

/** What is fetched without a click, told by what stands before the address. */
const IMAGE = /!\[[^\]\n]{0,300}\]\(\s?<?$|(?:\s(?:src|srcset|background|poster|data|xlink:href)\s{0,3}=\s{0,3}["']?|url\(\s?["']?|<link\s[^>]{0,120}href\s{0,3}=\s{0,3}["']?|@import\s{1,3}["'])$/i;
const IMAGE_CHARS = 320;
/** Reference-style definitions, and addresses without a scheme, which take the page's. */
const BARE_IMAGE = /!\[[^\]\n]{0,300}\]\(\s?<?(\/\/[^\s)>]{4,2000})/g;
const SCHEME = /(?:\]\(\s?|(?:href|src|action)\s{0,3}=\s{0,3}["']?\s{0,3})(javascript|vbscript|data:text\/html|data:image\/svg\+xml)[:;,]/gi;
const HOST_SHAPED = /(?<![\w.@/:-])[a-z0-9_]{16,63}(?:\.[a-z0-9_-]{1,63}){1,12}\.[a-z]{2,24}(?![\w-])/gi;

/** Where an address is where something is sent; in a page it is a link like any other. */
const SENT: ReadonlySet<string> = new Set(['argument', 'question']);

/** What leaves by being looked at, or by asking for a name. Without trusted hosts every host is unknown. */
export function createEgress({ trustedHosts, blockedHosts }: Surroundings): Detector {
  const trusted = new Set(trustedHosts.map((host) => host.toLowerCase()));
  const blocked = createBlocked(blockedHosts);
  return {
    id: 'egress',
    facets: info.facets,
    detect: (sight: Sight) => {
      const report = createReport('egress', info);
      for (const view of freshViews(sight)) {
        if (view.text.length < 10) continue;
        for (const url of urlsIn(view.text)) {
          if (blocked.has(url.host)) report.add('blocked-host', view, url.start, url.end);
          if (!isTrusted(url.host, trusted)) address(view, url, report, SENT.has(sight.subject.facet));
        }
        // What is sent names a host in many ways that programs take for an address; in what is read it may stand as a word.
        for (const { start, end } of SENT.has(sight.subject.facet) ? blocked.namedIn(view.text) : []) report.add('blocked-host', view, start, end);
        for (const { 0: whole, 1: url = '', index } of view.text.includes('](//') ? view.text.matchAll(BARE_IMAGE) : []) {
          const host = url.slice(2).split(/[/?#]/, 1)[0] ?? '';
          if (!isTrusted(host, trusted)) report.add(payloadOf(url) === undefined ? 'active-image' : 'data-in-image', view, index, index + whole.length);
        }
        for (const { 0: whole, index, 1: scheme } of view.text.matchAll(SCHEME)) report.add('active-scheme', view, index, index + whole.length, scheme);
        for (const { 0: host, index } of view.text.matchAll(HOST_SHAPED)) {
          if (isDnsShaped(host.toLowerCase()) && !isTrusted(host.toLowerCase(), trusted)) report.add('dns-shaped', view, index, index + host.length);
        }
      }
      return report.findings();
    },
  };
}

function address(view: View, { start, end, scheme, host, rest }: Written, report: Report<'egress'>, isSent: boolean): void {
  if (host === '' || !/^(?:https?|wss?|ftp)$/.test(scheme)) return;
  const payload = payloadOf(rest);
  const isImage = IMAGE.test(view.text.slice(Math.max(0, start - IMAGE_CHARS), start));
  const add = (rule: keyof (typeof info)['rules']): void => report.add(rule, view, start, end, payload);
  if (isSink(host, rest)) add('sink');
  if (isDnsShaped(host)) add('dns-shaped');
  if (isImage) add(payload === 'readable' || payload === 'placeholder' || payload === 'prose' ? 'data-in-image' : 'active-image');
  else if (payload === 'readable') add('data-in-url');
  else if (payload === 'random' || payload === 'prose') add('long-url');
  else if (isSent) add('unknown-host');
}
