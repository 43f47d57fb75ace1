import type { Detector, Sight } from '../domain/detector.ts';
import { freshViews } from './fresh.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const RUNNING = ['MCP05', 'ASI05', 'AML.T0053', 'AML.T0077', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    script: { severity: 'high', what: 'HTML that runs a script where it is shown.', catalogues: RUNNING },
    embeds: { severity: 'medium', what: 'HTML that brings in, redirects to or posts to another page.', catalogues: RUNNING },
  },
} as const satisfies DetectorInfo<'generated-html'>;

const SCRIPT =
  /<script[\s>/]|<[a-z][a-z0-9]{0,20}[\s/][^<>]{0,400}?\bon(?:error|load|click|mouse\w{2,8}|focus|blur|toggle|animation\w{3,9}|begin|submit|key\w{2,5}|pointer\w{2,8}|start|beforeprint|hashchange|message)\s{0,3}=|(?:href|src|action|formaction|xlink:href)\s{0,3}=\s{0,3}["']?\s{0,3}(?:javascript|vbscript|data:text\/html)[:;,]/gi;
const EMBEDS = /<(?:iframe|object|embed|base|portal|frame|applet)[\s>/]|<meta\s[^<>]{0,200}http-equiv\s{0,3}=\s{0,3}["']?refresh|<form\s[^<>]{0,200}action\s{0,3}=\s{0,3}["']?(?:https?:)?\/\//gi;

/** HTML and Markdown that an agent writes for other people's browsers. */
export const detector: Detector = {
  id: 'generated-html',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('generated-html', info);
    for (const view of freshViews(sight)) {
      if (!view.text.includes('<') || view.via.includes('rot13')) continue;
      for (const { 0: said, index } of view.text.matchAll(SCRIPT)) report.add('script', view, index, index + said.length);
      for (const { 0: said, index } of view.text.matchAll(EMBEDS)) report.add('embeds', view, index, index + said.length);
    }
    return report.findings();
  },
};
