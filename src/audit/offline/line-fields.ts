import type { BodyPlace } from '../entry.ts';
import { REST_AT } from '../line.ts';

const POSITION = ',"position":';
const DIGITS_MAX = 17;
const BEFORE_BODY = /^,"position":\d+,"role":"[a-z]+","incarnation":"(?:[^"\\]|\\.)*","body":(\{[^{}]*\})/;
const BODY_WITHIN = 1_024;

/** The position in a line that was not erased, from where it always stands: a parse of the whole line would cost ten times as much. */
export function positionIn(line: Buffer): number | undefined {
  const at = REST_AT + POSITION.length;
  const digits = line.toString('latin1', at, Math.min(line.length, at + DIGITS_MAX));
  return line.toString('latin1', REST_AT, at) === POSITION ? Number.parseInt(digits, 10) : undefined;
}

/** The place of the payload that a line names; most name none. */
export function bodyIn(line: Buffer): BodyPlace | undefined {
  const [, place] = BEFORE_BODY.exec(line.toString('latin1', REST_AT, Math.min(line.length, REST_AT + BODY_WITHIN))) ?? [];
  return place === undefined ? undefined : JSON.parse(place);
}
