import { createInspector } from '../../detect/inspect.ts';
import { UNINFORMED } from '../../detect/surroundings.ts';
import { detectorsWith } from '../../detect/table.ts';
import type { FindSpans } from '../../client-files/audit/secrets.ts';

const inspect = createInspector(detectorsWith(UNINFORMED).filter(({ id }) => id === 'secrets'));

/** Secrets in what a file says, as detectors know them in what servers say. */
export const findSecretSpans: FindSpans = (json) =>
  inspect({ facet: 'definition', json, at: '', server: '', name: '' }).findings.flatMap(({ spans = [] }) => spans);
