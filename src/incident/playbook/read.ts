import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { checkCommands } from './command.ts';
import { PLAYBOOK, STEP_TYPES } from './form.ts';
import type { Playbook } from './form.ts';
import { checkWorkflow, invalid } from './graph.ts';
import { parseStrictJson } from './strict-json.ts';

/** Reads a playbook from text that anybody may have written. Throws `ERR_PLAYBOOK_INVALID` with the place, and the remedy. */
export function readPlaybook(text: string): Playbook {
  if (Buffer.byteLength(text) > LIMITS.playbookBytesMax) throw invalid('the playbook', `is larger than ${LIMITS.playbookBytesMax} bytes`);
  let value: Json;
  try {
    value = parseStrictJson(text, 'the playbook');
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw new SallyportError('ERR_PLAYBOOK_INVALID', 'the playbook is no JSON', { remedy: 'CACAO playbooks are JSON, in UTF-8.', cause });
  }
  return checkPlaybook(value);
}

/** Throws as `readPlaybook` does. */
function checkPlaybook(value: Json): Playbook {
  refuseByName(value);
  const read = PLAYBOOK.safeParse(value, { reportInput: false });
  if (!read.success) {
    const problems = read.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.') || 'the playbook'}: ${message}`);
    throw new SallyportError('ERR_PLAYBOOK_INVALID', problems.join('; '), { remedy: 'Mend the playbook there; docs/playbooks.md says what is run here.' });
  }
  checkWorkflow(read.data);
  checkCommands(read.data);
  return read.data;
}

/** What CACAO has and this does not run is said by its name, before anything else that is wrong with it. */
function refuseByName(value: Json): void {
  const workflow = isObject(value) ? value['workflow'] : undefined;
  if (!isObject(workflow)) return;
  for (const [id, step] of Object.entries(workflow).slice(0, LIMITS.playbookStepsMax)) {
    if (!isObject(step)) continue;
    const { type, commands } = step;
    if (typeof type === 'string' && !STEP_TYPES.includes(type)) {
      throw invalid(`workflow.${shown(id)}`, `${shown(type)} steps are not run here`, `Write it with ${STEP_TYPES.join(', ')}.`);
    }
    for (const [index, command] of Array.isArray(commands) ? commands.entries() : []) {
      const kind = isObject(command) ? command['type'] : undefined;
      if (typeof kind !== 'string' || kind === 'manual' || kind === 'http-api') continue;
      throw invalid(
        `workflow.${shown(id)}.commands.${index}`, `${shown(kind)} commands are not run here`, 'Requests of control are http-api, all else is manual.',
      );
    }
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80)).slice(1, -1);
}
