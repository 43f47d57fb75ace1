import type { Exchange } from '../domain/exchange.ts';
import { isObject } from '../domain/json.ts';
import type { ErrorMessage, Message, RequestMessage } from '../domain/message.ts';
import type { Denial, Verdict } from '../domain/verdict.ts';
import { refusal } from './refusal.ts';
import { canBeAsked, hasAccepted, promptWith, showsUrls, type UrlPrompt } from './url-prompt.ts';

/** Where a modern client's answer stands in its retry. */
const KEY = 'io.sallyport/approval';
const SHORT_MS = 45_000;
const LONG_MS = 240_000;

/**
 * What a client is told of a call that people must approve: a question that leads a person to its page (2026-07-28), the error
 * that names the question (2025-11-25), else the refusal with the approval's id and what to do. The same call, sent again, runs
 * once it is approved.
 */
export function approvalPrompt(denial: Denial, said: Message, exchange: Exchange): Message {
  const plain = refusal(denial, said, exchange);
  const prompt = promptOf(denial);
  // That error without a question in it is none (2025-11-25, URLElicitationRequiredError).
  const isUnasked = said.revision === '2025-11-25' && !showsUrls(exchange);
  if (prompt === undefined || said.kind !== 'request' || isUnasked) return plain;
  return promptWith(withElicitation(plain, prompt, denial), said, prompt);
}

/** How long a call waits here, while its client waits, for somebody to approve it; 0: its client is told at once. */
export function waitMsOf(verdict: Verdict, said: Message, exchange: Exchange): number {
  if (verdict.outcome !== 'denial' || verdict.code !== 'ERR_APPROVAL_REQUIRED' || said.kind !== 'request') return 0;
  const waits = progressTokenOf(said) === undefined ? SHORT_MS : LONG_MS;
  if (hasAccepted(said, KEY)) return waits;
  const prompt = promptOf(verdict);
  if (prompt !== undefined && (canBeAsked(said, KEY) || showsUrls(exchange))) return 0;
  return progressTokenOf(said) === undefined ? 0 : waits;
}

/** By what a client wants to hear of the progress of its call. */
export function progressTokenOf({ params }: RequestMessage): string | number | undefined {
  const meta = params?.['_meta'];
  const token = isObject(meta) ? meta['progressToken'] : undefined;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}

function promptOf({ code, data }: Denial): UrlPrompt | undefined {
  const approval = code === 'ERR_APPROVAL_REQUIRED' ? data?.['approval'] : undefined;
  const url = isObject(approval) ? approval['url'] : undefined;
  return typeof url === 'string' ? { key: KEY, url, message: 'A person must approve this call. Its page shows all of it.' } : undefined;
}

/** A client of 2025-11-25 finds the question in the error's data. */
function withElicitation(plain: ErrorMessage, { url, message }: UrlPrompt, { data }: Denial): ErrorMessage {
  const approval = data?.['approval'];
  const elicitationId = isObject(approval) && typeof approval['id'] === 'string' ? approval['id'] : '';
  const members = isObject(plain.error.data) ? plain.error.data : {};
  return { ...plain, error: { ...plain.error, data: { ...members, elicitations: [{ mode: 'url', elicitationId, url, message }] } } };
}
