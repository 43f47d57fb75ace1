import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { createSecretRules, secretsIn } from '../secrets/rules.ts';
import type { SecretsIn } from '../secrets/rules.ts';
import { SECRET_RULES } from '../secrets/shape.ts';
import type { TextModel } from '../text-model/model.ts';
import { MODEL, readModel, SAVED_MODEL } from '../text-model/weights.ts';

/** What ages of the detectors, as they are made of it. */
export interface Kit {
  /** SHA-256 (hex) of the text that it was made of; empty: it ships with the program. */
  readonly digest: string;
  readonly secretsIn: SecretsIn;
  readonly model: TextModel;
}

/** What an edition may bring; what it leaves out is as it ships. */
const DETECTION = z.strictObject({ secretRules: SECRET_RULES.exactOptional(), textModel: SAVED_MODEL.exactOptional() });
export type Detection = z.infer<typeof DETECTION>;

export const SHIPPED_KIT: Kit = { digest: '', secretsIn, model: MODEL };

/** What an edition brings, whole as what ships is. Throws `ERR_VERIFY_FAILED` with the first that is wrong. */
export function checkDetection(value: unknown): Detection {
  const read = DETECTION.safeParse(value, { reportInput: false });
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const where = first?.path.map(String).join('/') ?? '';
  throw new SallyportError('ERR_VERIFY_FAILED', `what it brings for detection is refused: ${where}: ${first?.message ?? ''}`, {
    remedy: 'Nothing was taken of it. Rules must have the form of those that ship and run in linear time, weights their size and bounds (docs/knowledge.md).',
  });
}

/** The one text of what an edition brings: control names its digest, and gateways are given it. */
export function textOfDetection(detection: Detection): string {
  return JSON.stringify(detection);
}

/** What detectors are made of, of such a text. Throws `ERR_VERIFY_FAILED`: then none of it is used. */
export function kitOf(text: string): Kit {
  const { secretRules, textModel } = checkDetection(parse(text));
  return {
    digest: digestOfDetection(text),
    secretsIn: secretRules === undefined ? secretsIn : createSecretRules(secretRules),
    model: textModel === undefined ? MODEL : readModel(textModel),
  };
}

export function digestOfDetection(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What is no JSON is refused like what has another form. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
