import { createHmac, randomBytes } from 'node:crypto';
import type { RemoteSettings } from '../domain/detect.ts';
import type { Subject } from '../domain/detector.ts';
import type { Finding } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { failedBeside, type Beside } from './beside.ts';
import type { Inspection } from './inspect.ts';
import { createAllowance } from './remote/allowance.ts';
import { shownOf } from './remote/shown.ts';
import { askOf, scoreIn } from './remote/words.ts';

/** What a judge needs of the rest of the program. */
export interface RemoteParts {
  /** Posts JSON to the settings' URL and gives the answer's text. Rejects where that is none (status, size, address, time). */
  readonly post: (body: string, signal: AbortSignal) => Promise<string>;
  readonly now: () => number;
}

const NOTHING: Inspection = { findings: [] };

/**
 * Asks a judge outside how much a text is like an attack. What it says is a finding, never more; what it does not say in time, within
 * the budget and in the one form that is read, is a failure, which means what the settings say. The same text is asked about once in a
 * while: scores are kept by a keyed digest, never the text.
 */
export function createRemote(settings: RemoteSettings, { post, now }: RemoteParts): Beside {
  const { facets, charsMax, score: least, timeoutMs, onFailure } = settings;
  const allowance = createAllowance(settings, now);
  const cache = createCache(now);
  let open = 0;

  const ask = async (subject: Subject, text: string): Promise<number | undefined> => {
    const body = JSON.stringify(askOf(settings, subject.facet, text));
    if (open >= LIMITS.remoteJudgeOpenMax || !allowance.take(Buffer.byteLength(body))) return undefined;
    open += 1;
    const score = await inTime(timeoutMs, (signal) => post(body, signal)).then((answer) => scoreIn(settings, answer), () => undefined);
    open -= 1;
    if (score === undefined) allowance.failed();
    else allowance.answered();
    return score;
  };

  return async (subject, found) => {
    const shown = facets.includes(subject.facet) ? shownOf(subject, found) : undefined;
    if (shown === undefined) return NOTHING;
    const text = shown.slice(0, charsMax);
    const key = cache.keyOf(subject.facet, text);
    const score = cache.get(key) ?? await ask(subject, text);
    if (score === undefined) return failedBeside(subject, 'remote', onFailure);
    cache.set(key, score);
    return { findings: [...(score < least ? [] : [attack(subject, score)]), ...(shown.length > charsMax ? [partly(subject)] : [])] };
  };
}

/** Whatever the score: a judgement is no proof. */
function attack({ at }: Subject, score: number): Finding {
  return { detector: 'remote', rule: 'attack', severity: 'medium', at: [at], seen: `score ${score.toFixed(2)}`, labels: { integrity: 'untrusted' } };
}

/** There is more text than it is shown. */
function partly({ at }: Subject): Finding {
  return { detector: 'remote', rule: 'partly-read', severity: 'low', at: [at] };
}

/** Rejects when the time is over, whatever the work does with its signal. */
async function inTime<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs);
  const late = Promise.withResolvers<never>();
  const onAbort = (): void => late.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(signal), late.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Cache {
  keyOf(facet: string, text: string): string;
  get(key: string): number | undefined;
  set(key: string, score: number): void;
}

/** The oldest go first; the key is this process's alone, so that nobody learns from it what was asked. */
function createCache(now: () => number): Cache {
  const secret = randomBytes(32);
  const kept = new Map<string, { readonly score: number; readonly until: number }>();
  return {
    keyOf: (facet, text) => createHmac('sha256', secret).update(`${facet}\n`).update(text).digest('base64url'),
    get(key) {
      const known = kept.get(key);
      if (known === undefined || known.until > now()) return known?.score;
      kept.delete(key);
      return undefined;
    },
    set(key, score) {
      if (kept.has(key)) return;
      const oldest = kept.size >= LIMITS.remoteJudgeCachedMax ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      kept.set(key, { score, until: now() + LIMITS.remoteJudgeCachedMs });
    },
  };
}
