import type { Detector, Sight, View } from '../domain/detector.ts';
import { argumentsOf } from './arguments.ts';
import { createReport } from './report.ts';
import type { Report } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const RUNNING = ['MCP05', 'ASI05', 'AML.T0053', 'SAFE-T1911', 'MCP-T3'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    dde: { severity: 'critical', what: 'A cell that starts a program when the sheet is opened.', catalogues: RUNNING },
    external: { severity: 'high', what: 'A formula that fetches from or sends to elsewhere.', catalogues: [...RUNNING, 'AML.T0086'] },
    formula: { severity: 'low', what: 'A value that a spreadsheet takes for a formula.', catalogues: RUNNING },
  },
} as const satisfies DetectorInfo<'generated-formula'>;

/** What a cell must begin with to be calculated (OWASP, CSV injection); signs alone are numbers. */
const FORMULA = /^[\s"']{0,3}(?:=[\s+-]*(?:[A-Za-z_.]{2,32}\(|[$A-Z]{1,4}\d|\d[\d.]*\s*[+*/^-]|[A-Za-z]+\|)|[+@-]\s*[A-Za-z_.]{2,32}\(|[+@=-]+\s*[A-Za-z]{2,16}\|)/;
const DDE = /[=+@*(,-]\s*(?:cmd|powershell|msexcel|rundll32|mshta|regsvr32|wscript|cscript|certutil|[a-z]{2,16})\|\s*'|^[\s"']{0,3}=\s*(?:DDE|DDEAUTO|CALL|REGISTER(?:\.ID)?|EXEC)\s*\(/i;
const EXTERNAL = /\b(?:IMPORT(?:XML|DATA|HTML|FEED|RANGE)|WEBSERVICE|FILTERXML|IMAGE|HYPERLINK|RTD|GOOGLEFINANCE|STOCKHISTORY|ENCODEURL|QUERYSTORAGE|SQL\.REQUEST)\s*\(/i;
const ROWS_KEY = /(?:^|_)(?:csv|tsv|rows|values|cells|data|table|content|contents)(?:$|_)/;

/** Values that become programs in a sheet. */
export const detector: Detector = {
  id: 'generated-formula',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('generated-formula', info);
    for (const { view, key, text } of argumentsOf(sight)) {
      cell(view, 0, text, report);
      if (ROWS_KEY.test(key) && /[,;\t]["']?[=+@-]|\n["']?[=+@-]/.test(text)) for (const { 0: one, index } of text.matchAll(/[^,;\t\n]{2,2000}/g)) cell(view,
        index, one, report);
    }
    return report.findings();
  },
};

function cell(view: View, start: number, text: string, report: Report<'generated-formula'>): void {
  if (!/^[\s"']{0,3}[=+@-]/.test(text)) return;
  const rule = DDE.test(text) ? 'dde' : FORMULA.test(text) ? (EXTERNAL.test(text) ? 'external' : 'formula') : undefined;
  if (rule !== undefined) report.add(rule, view, start, start + text.length);
}
