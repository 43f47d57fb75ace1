import { usageError } from '../arguments.ts';
import type { Call, Verb } from '../verbs.ts';
import { automatic, exportOne, importOne, remove, verify } from './playbook-file.ts';
import { list, showOne } from './playbook-show.ts';
import { run, stepOn } from './playbook-run.ts';

const USAGE = `playbook list [--runs] [--incident ID]
incident playbook show PLAYBOOK|RUN [--reveal --reason WHY]
incident playbook run PLAYBOOK --incident ID --reason WHY [--mode automatic|step|dry] [--set NAME=VALUE]…
incident playbook step RUN STEP done|failed|go|retry|skip [--note WHY] [--answer NAME=VALUE]…
incident playbook step RUN --cancel --reason WHY
incident playbook automatic PLAYBOOK [--off] --reason WHY
incident playbook import FILE --reason WHY
incident playbook export PLAYBOOK [--out FILE]
incident playbook remove PLAYBOOK
incident playbook verify FILE [--key SHA256]`;

const DOES: Readonly<Record<string, (call: Call) => Promise<number>>> = {
  list, show: showOne, run, step: stepOn, automatic, import: importOne, export: exportOne, remove, verify,
};

/** What answers an incident step by step: CACAO 2.0, signed, run by control and by people. */
export const playbook: Verb = {
  usage: USAGE,
  options: {
    runs: { type: 'boolean' }, incident: { type: 'string' }, reason: { type: 'string' }, mode: { type: 'string' }, set: { type: 'string', multiple: true },
    note: { type: 'string' }, answer: { type: 'string', multiple: true }, cancel: { type: 'boolean' }, off: { type: 'boolean' }, out: { type: 'string' },
    key: { type: 'string' }, reveal: { type: 'boolean' },
  },
  run: async (call) => {
    const what = call.options.positionals[0] ?? '';
    const does = Object.hasOwn(DOES, what) ? DOES[what] : undefined;
    if (does === undefined) throw usageError({ usage: `incident ${USAGE}` }, `say what to do with playbooks: ${Object.keys(DOES).join(', ')}`);
    return does(call);
  },
};
