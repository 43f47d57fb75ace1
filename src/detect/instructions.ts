import type { Detector, Sight, View } from '../domain/detector.ts';
import { freshViews } from './fresh.ts';
import { ordersIn } from './instructions/phrases.ts';
import { readRoles } from './instructions/words.ts';
import { createReport } from './report.ts';
import type { DetectorInfo } from './rules.ts';

const INJECTION = ['MCP06', 'MCP10', 'ASI01', 'AML.T0051.001', 'SAFE-T1102', 'MCP-T4'] as const;
const LEAK = [...INJECTION, 'AML.T0086', 'SAFE-T1911'] as const;

export const info = {
  facets: ['argument', 'result', 'error', 'prompt', 'resource', 'question', 'notice', 'interface'],
  rules: {
    override: { severity: 'medium', what: 'It sets earlier instructions aside.', catalogues: INJECTION },
    'new-orders': { severity: 'medium', what: 'It gives instructions in place of those that hold.', catalogues: INJECTION },
    'before-task': { severity: 'medium', what: 'It wants something done before the task that was given.', catalogues: INJECTION },
    addressed: { severity: 'low', what: 'It is an urgent message to the model itself.', catalogues: INJECTION },
    'role-marker': { severity: 'medium', what: 'It holds marks by which models tell who is speaking.', catalogues: [...INJECTION, 'SAFE-T1404'] },
    conceal: { severity: 'low', what: 'It wants something kept from the user.', catalogues: [...INJECTION, 'ASI09'] },
    'send-out': { severity: 'low', what: 'It wants secrets or what was said sent to an address.', catalogues: LEAK },
    'show-prompt': { severity: 'low', what: 'It wants the model to show what it was told.', catalogues: [...INJECTION, 'AML.T0056'] },
    persona: { severity: 'low', what: 'It wants the model to be one without restrictions.', catalogues: [...INJECTION, 'AML.T0054'] },
    'tool-request': { severity: 'info', what: 'It wants a tool called.', catalogues: [...INJECTION, 'ASI02', 'AML.T0053'] },
  },
} as const satisfies DetectorInfo<'instructions'>;

/** Marks of chat templates and of system messages, which belong to no answer. Bounded, and each begins with letters of its own. */
const MARKERS: readonly RegExp[] = [
  /<\|(?:im_start|im_end|im_sep|system|user|assistant|start_header_id|end_header_id|eot_id|endoftext|begin_of_text)\|>/g,
  /\[\/?INST\]|\[\/?SYS(?:TEM)?_?(?:PROMPT|MESSAGE)\]/g,
  /<<\/?SYS>>/g,
  /#{2,6} ?[([](?:system|admin|developer|root|inst)[ _-]?(?:message|prompt|instructions?|override)?[)\]]/gi,
  // The end of a result that goes on behind it, and links that pose as a speaker.
  /<\/(?:tool_(?:result|response|output)|function_(?:results?|response))>/g,
  /\[(?:system|assistant|user|developer)\]\(#(?:system|assistant|user|developer|inner_monologue|error|context|instructions?)\)/gi,
  /<\/?(?:INFORMATION|IMPORTANT|SYSTEM|INSTRUCTIONS?|URGENT|ADMIN|OVERRIDE)>/g,
];

/** Texts that give orders to a model: by words that have a role in such orders, in fifteen languages, and by marks. No scores. */
export const detector: Detector = { id: 'instructions', facets: info.facets, detect: look };

function look(sight: Sight): ReturnType<Detector['detect']> {
  const report = createReport('instructions', info, { 'role-marker': { integrity: 'untrusted' }, override: { integrity: 'untrusted' } });
  const mark = (view: View): void => {
    for (const pattern of MARKERS) {
      for (const { 0: text, index } of view.text.matchAll(pattern)) report.add('role-marker', view, index, index + text.length);
    }
  };
  for (const view of freshViews(sight)) {
    readRoles(view.text, (words) => {
      for (const { rule, start, end } of ordersIn(words)) report.add(rule, view, start, end);
    });
    mark(view);
  }
  return report.findings();
}
