import { recordedRequest, payloadOf } from '../audit/access-request.ts';
import type { DataKeys } from '../audit/data-keys.ts';
import { shapeOf } from '../audit/shape.ts';
import type { AccessRequest } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { JournalRecord } from '../domain/record.ts';
import { redactDetail } from '../domain/redacted.ts';
import { STANDARD_CLASS, type RetentionClass, type SealedBody } from '../domain/retention.ts';
import { UNLABELLED } from '../domain/server.ts';
import { labelsOf } from '../flow/context.ts';
import { textOf } from '../mcp/encode.ts';
import { recordedFindings, type Found } from './trail-findings.ts';

/** What was said in an exchange, as a record may hold it (digest, size, shape), and sealed beside it where its class keeps that. */
export interface Content {
  readonly fields: Partial<JournalRecord>;
  readonly body?: SealedBody;
}

export interface ContentOptions {
  /** Salted commitment of data: what a record may say of a payload. */
  readonly commit: (data: string) => string;
  readonly keys: DataKeys;
}

/** The record that content is of, as far as that is known. */
type Bound = Pick<JournalRecord, 'id' | 'detail'>;

/** What a client asked: the arguments and, sealed, the whole of what policy was asked. */
export async function askedOf(
  record: Bound, message: Message, requests: readonly AccessRequest[] | undefined, found: Found, exchange: Exchange, options: ContentOptions,
): Promise<Content> {
  const given = exchange.call.arguments;
  const text = given === undefined ? paramsText(message) : textOf(given);
  const [first] = requests ?? [];
  const request = recordedRequest(requests ?? [], exchange.call.action);
  const fields: Partial<JournalRecord> = {
    ...(text === undefined ? {} : { digest: options.commit(text), sizeBytes: Buffer.byteLength(text) }),
    ...(given === undefined || exchange.tool === undefined ? {} : { shape: shapeOf(given, exchange.tool.definition['inputSchema']) }),
    ...(request === undefined ? {} : { request }),
    ...carried(first),
    ...recordedFindings(found, exchange),
  };
  const payload = requests === undefined ? undefined : payloadOf(requests, given === undefined ? '{}' : (text ?? '{}'));
  return seal(record, payload, fields, exchange, options);
}

/** What came back. Results are kept only where the class says so. */
export async function answerOf(
  record: Bound, answer: Message, questions: readonly AccessRequest[] | undefined, found: Found, exchange: Exchange, options: ContentOptions,
): Promise<Content> {
  const text = answer.kind === 'error' ? `{"code":${answer.error.code}}` : answer.kind === 'result' ? textOf(answer.result) : paramsText(answer);
  const request = questions === undefined ? undefined : recordedRequest(questions, exchange.call.action);
  const { labels } = questions?.[0] === undefined ? { labels: answer.kind === 'result' ? labelsOf(exchange, answer) : undefined } : carried(questions[0]);
  const fields: Partial<JournalRecord> = {
    ...(text === undefined ? {} : { digest: options.commit(text), sizeBytes: Buffer.byteLength(text) }),
    ...(request === undefined ? {} : { request }),
    ...(labels === undefined ? {} : { labels }),
    ...recordedFindings(found, exchange),
  };
  const isKept = answer.kind === 'result' && classOf(exchange)?.results === true;
  return isKept ? seal(record, `{"result":${text ?? 'null'}}`, fields, exchange, options) : { fields };
}

async function seal(
  record: Bound, payload: string | undefined, fields: Partial<JournalRecord>, exchange: Exchange, { keys }: ContentOptions,
): Promise<Content> {
  if (payload === undefined) return { fields };
  const kept = classOf(exchange);
  const key = kept === undefined || kept.bodyDays === 0 ? undefined : await keys.of(kept, exchange.snapshot.audit);
  if (key === undefined) return { fields: without(record, fields, 'not-kept') };
  const body = key.seal(exchange.id, record.id, payload);
  return body === undefined ? { fields: without(record, fields, 'too-large') } : { fields, body };
}

/** What the context carries, as policy was told. Where nobody asked, nothing is said: `public` and `trusted` would be a claim. */
function carried(request: AccessRequest | undefined): Pick<JournalRecord, 'labels'> {
  return request === undefined || request.context.flow === UNLABELLED ? {} : { labels: request.context.flow };
}

/** What is not kept says so. */
function without(record: Bound, fields: Partial<JournalRecord>, body: 'not-kept' | 'too-large'): Partial<JournalRecord> {
  return { ...fields, detail: redactDetail({ ...(isObject(record.detail) ? record.detail : {}), body }) };
}

/** A class that is not declared (any more) is the standard one. */
function classOf({ server, snapshot }: Exchange): RetentionClass | undefined {
  const { classes } = snapshot.audit;
  return classes.find(({ name }) => name === server.retention) ?? classes.find(({ name }) => name === STANDARD_CLASS);
}

function paramsText(message: Message): string | undefined {
  const params: JsonObject | undefined = message.kind === 'request' || message.kind === 'notification' ? message.params : undefined;
  return params === undefined ? undefined : textOf(params);
}
