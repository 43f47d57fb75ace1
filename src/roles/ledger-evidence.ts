import { z } from 'zod';
import { readBody } from '../audit/bodies.ts';
import type { ScannedRecord } from '../audit/erase.ts';
import { eraseChosen, eraseOnRecord, expireBodies, foundIn, isPast, pastSegments } from '../audit/expire.ts';
import { forgetOpenCalls } from '../audit/heads.ts';
import { concerns, isHeld } from '../audit/holds.ts';
import type { Ledger } from '../audit/ledger.ts';
import { scanSegment } from '../audit/scan.ts';
import { listSegments, type Segment } from '../audit/segments.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import type { JournalRecord, RecordCategory } from '../domain/record.ts';
import type { LedgerConfiguration } from '../domain/retention.ts';
import type { Handler } from '../link/handler.ts';

const NAME = z.string().min(1).max(512);
const CONFIGURATION = z.strictObject({
  classes: z.array(z.strictObject({ name: NAME, region: NAME, recordDays: z.int().min(1), bodyDays: z.int().min(0), results: z.boolean() })).min(1).max(1_000),
  holds: z.array(z.strictObject({
    id: NAME, space: NAME, person: NAME.exactOptional(), exchange: NAME.exactOptional(), context: NAME.exactOptional(), server: NAME.exactOptional(),
  })).max(10_000),
  pseudonyms: z.strictObject({ on: z.boolean(), key: z.string().regex(/^[\w-]{43}$/) }),
  sinks: z.json(),
  failClosed: z.array(NAME).max(100),
});
const ERASE = z.union([
  z.strictObject({ space: NAME, exchange: NAME }),
  z.strictObject({ space: NAME, person: NAME }),
]);
const BODIES = z.strictObject({ space: NAME, exchange: NAME });

const EXPIRE_MS = 60 * 60_000;
/** What a person did to the gate itself stays: it is evidence of the configuration, and is read for it. */
const STAYS: ReadonlySet<RecordCategory> = new Set<RecordCategory>(['config', 'response']);

type Forget = (positions: readonly number[]) => Promise<void>;

/** What the ledger does for evidence besides keeping it: what control configured, erasure, expiry, payloads for whoever may open them. */
export interface LedgerEvidence {
  readonly handlers: Readonly<Record<string, Handler>>;
  /** Told of each configuration, the newest first of all. */
  onConfigured(listener: (configuration: LedgerConfiguration) => void): void;
  close(): void;
}

/** `forget`: takes records that are gone out of what was derived from them. */
export function createEvidence(dir: string, opened: Promise<Ledger>, forget: Forget, now: () => number = Date.now): LedgerEvidence {
  let configuration: LedgerConfiguration | undefined;
  const listeners: ((configuration: LedgerConfiguration) => void)[] = [];
  const seen = new Map<number, number>();
  let expiring: Promise<void> | undefined;

  const expire = async (): Promise<void> => {
    if (configuration === undefined) return;
    const at = now();
    const ledger = await opened;
    await expireBodies(dir, configuration, ledger, at);
    const past = pastSegments(dir, configuration, at, (segment) => seen.get(segment.first));
    const records = await eraseChosen(dir, past, isPast(configuration, at), ledger, forget);
    const isOver = new Set(past.map(({ first }) => first));
    if (records > 0) await forgetOpenCalls(dir, (_call, segment) => isOver.has(segment));
  };
  const tick = async (): Promise<void> => {
    await readHeads(dir, seen);
    expiring ??= expire().finally(() => (expiring = undefined));
    await expiring;
  };
  const timer = setInterval(() => void tick().catch(() => undefined), EXPIRE_MS);
  timer.unref();

  return {
    onConfigured(listener) {
      listeners.push(listener);
      if (configuration !== undefined) listener(configuration);
    },
    handlers: {
      'ledger.configure': {
        call: async (body) => {
          configuration = read(CONFIGURATION, body);
          for (const listener of listeners) listener(configuration);
          await opened;
          void tick().catch(() => undefined);
          return {};
        },
      },
      'ledger.erase': {
        call: async (body) => {
          const wish = read(ERASE, body);
          if (configuration === undefined) throw notYet();
          return { erased: await erase(dir, await opened, wish, configuration, forget) };
        },
      },
      'ledger.bodies': { call: async (body) => bodiesOf(dir, await opened, read(BODIES, body)) },
    },
    close: () => clearInterval(timer),
  };
}

/** Everything of one exchange, or of one person in a space but what they changed. Throws `ERR_LEGAL_HOLD`, `ERR_NOT_FOUND`. */
async function erase(
  dir: string, ledger: Ledger, wish: z.infer<typeof ERASE>, { holds }: LedgerConfiguration, forget: Forget,
): Promise<number> {
  const isMeant = (record: JournalRecord): boolean => record.space === wish.space && !STAYS.has(record.category) && (
    'exchange' in wish ? record.exchange === wish.exchange : concerns(record, wish.person)
  );
  const found: ScannedRecord[] = [];
  for (const segment of listSegments(dir)) {
    for await (const items of scanSegment(segment)) {
      for (const item of items) {
        if (item.kind !== 'entry' || item.entry.position >= ledger.next || !isMeant(item.entry.record)) continue;
        if (isHeld(item.entry.record, holds)) {
          throw new SallyportError('ERR_LEGAL_HOLD', `record ${item.entry.position} is under a legal hold`, {
            remedy: 'See `sallyport audit hold list`; nothing was erased.',
          });
        }
        found.push(foundIn(segment, item));
      }
    }
  }
  if (found.length === 0) throw new SallyportError('ERR_NOT_FOUND', 'there are no such records', { remedy: 'See `sallyport audit query`.' });
  await eraseOnRecord(dir, ledger, found, 'request');
  await forgetOpenCalls(dir, ({ space, exchange, principal, behind }) => space === wish.space && (
    'exchange' in wish ? exchange === wish.exchange : principal === wish.person || (isObject(behind) && behind['principal'] === wish.person)
  ));
  await forget(found.map(({ position }) => position));
  return found.length;
}

/** The sealed payloads of an exchange, each with the record that holds its wrapped key. Nothing here can open them. */
async function bodiesOf(dir: string, ledger: Ledger, { space, exchange }: z.infer<typeof BODIES>): Promise<Json> {
  const { entries } = await ledger.query({ exchange, space, order: 'oldest' });
  const found = entries.flatMap(({ body, ...entry }) => (body === undefined ? [] : [{ ...entry, text: readBody(dir, body) }]));
  const keys = new Map<string, Json>();
  const bodies: Json[] = [];
  for (const { position, record, role, incarnation, text } of found) {
    const sealed: Json = text === undefined ? null : JSON.parse(text);
    const key = sealed !== null && typeof sealed === 'object' && 'key' in sealed && typeof sealed.key === 'string' ? sealed.key : undefined;
    // The key of the process that sealed it: nobody else can put another one in its place.
    const by = JSON.stringify([role, incarnation, key]);
    if (key !== undefined && !keys.has(by)) {
      const { entries: wrapped } = await ledger.query({ exchange: key, event: 'key.wrapped', order: 'oldest' });
      const own = wrapped.find((one) => one.role === role && one.incarnation === incarnation);
      keys.set(by, JSON.parse(JSON.stringify(own?.record.detail ?? null)));
    }
    bodies.push({ position, record: record.id, event: record.event, sealed, key: keys.get(by) ?? null });
  }
  return bodies;
}

/** When each segment began; a head never changes. */
async function readHeads(dir: string, seen: Map<number, number>): Promise<void> {
  for (const segment of listSegments(dir)) if (!seen.has(segment.first)) await readHead(segment, seen);
}

async function readHead(segment: Segment, seen: Map<number, number>): Promise<void> {
  for await (const items of scanSegment(segment)) {
    for (const item of items) if (item.kind === 'head') seen.set(segment.first, item.head.createdAt);
    return;
  }
}

function read<T>(schema: z.ZodType<T>, body: Json): T {
  const found = schema.safeParse(body, { reportInput: false });
  if (found.success) return found.data;
  // Never what was in it: it holds secrets.
  throw new SallyportError('ERR_REQUEST_INVALID', `not of its shape: ${found.error.issues.map(({ path }) => path.join('.')).join(', ').slice(0, 200)}`);
}

function notYet(): SallyportError {
  return new SallyportError('ERR_CONFLICT', 'the ledger does not know yet what is under a legal hold', {
    remedy: 'Try again when control is connected to it.',
  });
}
