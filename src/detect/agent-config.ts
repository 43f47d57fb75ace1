import type { Detector, Sight } from '../domain/detector.ts';
import { AGENT_FILES, STARTUP_FILES } from './agent-config/files.ts';
import { argumentsOf, readsOnly } from './arguments.ts';
import { parseShell } from './shell-line.ts';
import { formOf, isPath } from './paths/form.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const PERSISTING = ['MCP04', 'MCP09', 'ASI05', 'ASI06', 'AML.T0081', 'AML.T0080', 'SAFE-T1204', 'MCP-T9'] as const;

export const info = {
  facets: ['argument'],
  rules: {
    'agent-file': { severity: 'high', what: 'A write to what an agent is configured or instructed by.', catalogues: PERSISTING },
    'startup-file': { severity: 'high', what: 'A write to what runs by itself: shell, editor, hooks, builds, services.',
      catalogues: [...PERSISTING, 'AML.T0112'] },
    read: { severity: 'low', what: 'A read of an agent\'s configuration, in which credentials and other servers stand.',
      catalogues: ['AML.T0083', 'AML.T0084', 'SAFE-T1502'] },
  },
} as const satisfies DetectorInfo<'agent-config'>;

/** Words of a command or a text that may be such a file. */
const WORD = /[~.$/\\A-Za-z][\w.~$/\\:{}-]{3,200}/g;
const WRITERS = /^(?:tee|cp|mv|ln|install|sed|dd|rm|chmod|truncate|touch|patch|rsync|scp|curl|wget|set-content|out-file|add-content|new-item|copy-item|git)$/;
const WRITES = /\bopen\s?\([^)]{0,200}['"][wax]b?\+?['"]|write_(?:text|bytes)|writeFile|appendFile|File\.write|os\.WriteFile/;
const COMMAND_KEY = /(?:^|_)(?:command|cmd|script|shell|args|arguments|code|input|commands)(?:$|_)/;

/** Writes to what changes an agent, or runs on its own later (CVE-2025-54135, CVE-2025-54136, CVE-2025-59536). */
export const detector: Detector = {
  id: 'agent-config',
  facets: info.facets,
  detect: (sight: Sight) => {
    const report = createReport('agent-config', info);
    const reads = readsOnly(sight);
    for (const { view, key, text } of argumentsOf(sight)) {
      if (isPath(key, text)) {
        const rule = ruleOf(formOf(text).canonical);
        if (rule !== undefined) report.add(reads ? 'read' : rule, view, 0, text.length);
      } else if (COMMAND_KEY.test(key)) {
        for (const file of written(text)) {
          const rule = ruleOf(formOf(file).canonical);
          const start = text.indexOf(file);
          if (rule !== undefined) report.add(rule, view, Math.max(0, start), start < 0 ? text.length : start + file.length);
        }
      }
    }
    return report.findings();
  },
};

/** What a command writes to: redirections, the words of programs that write, the files that code opens for writing. */
function written(text: string): readonly string[] {
  const { commands, writes } = parseShell(text);
  const words = commands.flatMap((command) => (WRITERS.test(command.program) ? command.words.slice(1) : []));
  return [...writes, ...words, ...(WRITES.test(text) ? [...text.matchAll(WORD)].map(([word]) => word) : [])];
}

function ruleOf(canonical: string): 'agent-file' | 'startup-file' | undefined {
  const path = canonical.toLowerCase();
  if (AGENT_FILES.some((one) => one.test(path))) return 'agent-file';
  return STARTUP_FILES.some((one) => one.test(path)) ? 'startup-file' : undefined;
}
