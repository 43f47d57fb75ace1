import type { InstructionSight } from '../../client-files/audit/instructions.ts';
import type { FindSpans } from '../../client-files/audit/secrets.ts';
import { createInspector } from '../../detect/inspect.ts';
import { UNINFORMED } from '../../detect/surroundings.ts';
import { detectorsWith } from '../../detect/table.ts';

function inspectorOf(...ids: readonly string[]): ReturnType<typeof createInspector> {
  return createInspector(detectorsWith(UNINFORMED).filter(({ id }) => ids.includes(id)));
}

const secrets = inspectorOf('secrets');
const orders = inspectorOf('instructions', 'text-model');
const poison = inspectorOf('hidden-channels', 'tool-poisoning', 'secrets');
const SUBJECT = { at: '', server: '', name: '' } as const;

/** Secrets in what a file says, as detectors know them in what servers say. */
export const findSecretSpans: FindSpans = (json) => secrets({ facet: 'definition', json, ...SUBJECT }).findings.flatMap(({ spans = [] }) => spans);

/** A text that agents obey, looked at as a prompt and as a server's own instructions. */
export function seeInstructions(text: string): InstructionSight {
  const seen = [orders({ facet: 'prompt', json: text, ...SUBJECT }), poison({ facet: 'instructions', json: text, ...SUBJECT })];
  return { findings: seen.flatMap(({ findings }) => findings), isIncomplete: seen.some(({ incomplete }) => incomplete !== undefined) };
}
