import type { BodyPlace } from '../entry.ts';
import { REST_AT } from '../line.ts';

const BEFORE_BODY = /^,"position":\d+,"role":"[a-z]+","incarnation":"(?:[^"\\]|\\.)*","body":(\{[^{}]*\})/;
const BODY_WITHIN = 1_024;

/** The place of the payload that a line names; most name none. */
export function bodyIn(line: Buffer): BodyPlace | undefined {
  const [, place] = BEFORE_BODY.exec(line.toString('latin1', REST_AT, Math.min(line.length, REST_AT + BODY_WITHIN))) ?? [];
  return place === undefined ? undefined : JSON.parse(place);
}
