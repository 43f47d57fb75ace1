import type { Detector, Sight } from '../domain/detector.ts';
import { freshViews } from './fresh.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

export const info = {
  facets: ['argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice'],
  rules: {
    code: { severity: 'info', what: 'Source code of some length.', catalogues: ['MCP10', 'ASI02', 'AML.T0085.001', 'MCP-T5'] },
  },
} as const satisfies DetectorInfo<'source-code'>;

/** Lines that people write for machines: of the languages of C's family, Python, Ruby, Go, Rust, SQL, shell, markup of builds. */
const CODE_LINE =
  /^\s{0,40}(?:(?:export |public |private |protected |static |async |final |pub )*(?:function|func|fn|def|class|interface|struct|enum|impl|trait|module|namespace)\s+\w+|(?:const|let|var|val|mut)\s+[\w{[,\s]{1,60}=|(?:import|from|using|require|include|package|use)\s[\w.{'"<*/@:].*[;'">\w]$|#include\s*[<"]|(?:if|for|while|switch|elif|catch|except|match)\b.{0,120}[{:(]\s*$|(?:return|throw|raise|yield|await)\b.{0,120}[;)]?$|[}\])][}\]);,]*\s*(?:else.*\{)?$|[\w.$\]['"]{1,60}\s*(?:=|\+=|:=|=>)\s.{1,120}[;{(,]$|[\w.$]{1,60}\(.{0,120}\)\s*[;{]$|@\w+(?:\(.{0,80}\))?$|\/\/ ?\S|\/?\*+[ /]|fi$|done$|end$|esac$)/;
const LINES_MIN = 8;
const LINE_CHARS_MAX = 400;
const SHARE_MIN = 0.5;

/** Source code, by the share of lines that look like it: raises the label `source`. */
export const detector: Detector = {
  id: 'source-code',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('source-code', info, { code: { confidentiality: 'internal', categories: ['source'] } });
    for (const view of freshViews(sight)) if (isCode(view.text)) report.add('code', view, 0, view.text.length);
    return report.findings();
  },
};

function isCode(text: string): boolean {
  let [lines, code, run] = [0, 0, 0];
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    lines += 1;
    const is = line.length <= LINE_CHARS_MAX && CODE_LINE.test(line);
    if (is) code += 1;
    run = is ? run + 1 : Math.max(0, run - 1);
    if (run >= LINES_MIN) return true;
  }
  return lines >= LINES_MIN && code >= lines * SHARE_MIN;
}
