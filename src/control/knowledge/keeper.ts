import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SIGNED_AS } from '../../domain/snapshot.ts';
import { openBundle } from '../../knowledge/bundle.ts';
import { compareDetection } from '../../detect/edition/compare.ts';
import type { DetectionDifference } from '../../detect/edition/compare.ts';
import { checkDetection, digestOfDetection, kitOf, SHIPPED_KIT, textOfDetection } from '../../detect/edition/kit.ts';
import type { Detection, Kit } from '../../detect/edition/kit.ts';
import type { DetectionEdition } from '../../domain/snapshot.ts';
import { compareTables, mergeAdvisories } from '../../knowledge/compare.ts';
import { TABLES } from '../../knowledge/shape.ts';
import type { Advisory, Tables } from '../../knowledge/shape.ts';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import type { Knowledge } from '../../knowledge/table.ts';
import { publicKeyOf } from '../../recovery/order.ts';
import type { Rows, Store } from '../../store/store.ts';
import { whoOf } from '../change.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { needSecondPersonFor } from '../proposals/second-person.ts';
import { detectionNamed } from '../snapshot/keeper.ts';
import { signBytes } from '../snapshot/sign.ts';
import { readKnowledgeSettings } from './settings.ts';

/** The setting that lists the versions, signed: no setting of the manifest. */
const LISTED = 'knowledge-versions';

const VERSION = z.strictObject({
  number: z.int().min(1),
  sequence: z.int(),
  issuedAt: z.string(),
  from: z.enum(['bundle', 'advisories', 'rollback']),
  /** Whose signatures were good; none for what an administrator gave. */
  signers: z.array(z.string()),
  by: z.string(),
  /** Epoch ms. */
  at: z.int(),
  advisories: z.int(),
  /** SHA-256 of the row's text, hex. */
  digest: z.string(),
});
export type KnowledgeVersion = z.infer<typeof VERSION>;

/** `newest`: the highest sequence that was ever taken, which a rollback doesn't lower. */
const LIST = z.strictObject({ newest: z.int(), versions: z.array(VERSION).min(1).max(LIMITS.knowledgeVersionsMax) });
type List = z.infer<typeof LIST>;
const SIGNED = z.strictObject({ bytes: z.string(), signature: z.string() });

/** What one version holds: the tables, and which advisories of them an administrator gave. */
const CONTENT = z.strictObject({ tables: TABLES, local: z.array(z.string()) });
type Content = z.infer<typeof CONTENT>;

export interface KnowledgeKeeper {
  /**
   * What is known now: what was imported last, unless this program ships something newer. Throws `ERR_CONFIG_TAMPERED` where what is stored is not
   * what was imported.
   */
  current(): Promise<Knowledge>;
  /** What was known when it was last looked: at most `LIMITS.configurationLookMs` ago while control serves. */
  readonly lately: Knowledge;
  /** What detectors are made of now, here and at gateways. */
  readonly detecting: Detecting;
  /** The same as the store has it now; what is stored and not believed changes nothing. What is signed is compiled with it. */
  readonly detection: () => Promise<DetectionEdition | undefined>;
  /** Looks now, and from then on; what is wrong with what is stored is said, and `lately` stays as it was. */
  follow(report: (line: string) => void): Promise<() => Promise<void>>;
  /** The newest first; empty: what ships is in force. */
  history(): Promise<readonly KnowledgeVersion[]>;
  /** Throws `ERR_VERIFY_FAILED`, and `ERR_CONFLICT` for an edition that is not newer than every one before. */
  takeBundle(bundle: string, admin: Admin): Promise<KnowledgeVersion>;
  takeAdvisories(advisories: readonly Advisory[], admin: Admin): Promise<KnowledgeVersion>;
  /** Back to an earlier version; 0: to what ships. Throws `ERR_NOT_FOUND`. */
  rollBack(number: number, reason: string, admin: Admin): Promise<KnowledgeVersion>;
}

/** `text` and `edition`: absent where it is what ships. */
export interface Detecting {
  readonly kit: Kit;
  readonly text?: string;
  readonly edition?: DetectionEdition;
}

export interface KnowledgeParts {
  readonly store: Store;
  /** Control's own: what is stored is believed only with its signature. */
  readonly key: KeyObject;
  /** What the one in force says of detection: where it names an edition, there was one. */
  readonly snapshots: Pick<Control['snapshots'], 'current'>;
  readonly record: Control['record'];
  readonly now: () => number;
  /** Compiles and signs what is in force anew: what detectors are made of is another. False: it could not; never rejects. */
  readonly publish: () => Promise<boolean>;
}

export function createKnowledgeKeeper(parts: KnowledgeParts): KnowledgeKeeper {
  const shipped = shippedTables();
  const named = (): DetectionEdition | undefined => detectionNamed(parts.snapshots.current?.content ?? '');
  let known: { readonly digest: string; readonly knowledge: Knowledge } | undefined;
  let lately: Knowledge | undefined;
  let detecting: Detecting = { kit: SHIPPED_KIT };
  let published: string | undefined;
  const contentNow = async (rows: Rows): Promise<Content> => {
    const last = (await readList(parts, rows))?.versions[0];
    return last === undefined ? { tables: shipped, local: [] } : withShipped(shipped, await readContent(rows, last), last);
  };
  const current = async (): Promise<Knowledge> => {
    const last = (await readList(parts, parts.store))?.versions[0];
    if (last === undefined && named() !== undefined) throw tampered();
    const digest = last?.digest ?? '';
    if (known?.digest !== digest) {
      const { tables } = await contentNow(parts.store);
      detecting = detectingOf(tables, detecting);
      known = { digest, knowledge: knowledgeOf(tables) };
    }
    lately = known.knowledge;
    return lately;
  };
  const put = async (admin: Admin, from: KnowledgeVersion['from'], make: Making): Promise<KnowledgeVersion> => {
    const version = await parts.store.transaction(async (rows) => {
      const [before, list] = [await contentNow(rows), await readList(parts, rows)];
      const made = await make(before, rows, list);
      return append(parts, rows, { before, list, made, from, admin, newest: Math.max(shipped.sequence, list?.newest ?? 0, made.content.tables.sequence) });
    });
    await current();
    await publish();
    return version;
  };
  const publish = async (): Promise<void> => {
    const { digest } = detecting.kit;
    if (published !== digest && await parts.publish()) published = digest;
  };
  return {
    current,
    get detecting() {
      return detecting;
    },
    detection: () => current().then(() => detecting.edition, () => detecting.edition ?? named()),
    get lately() {
      lately ??= knowledgeOf(shipped);
      return lately;
    },
    follow: async (report) => {
      // What control compiled when it started is of this already.
      await current().catch(() => undefined);
      published = detecting.kit.digest;
      return follow(current, publish, report);
    },
    history: async () => (await readList(parts, parts.store))?.versions ?? [],
    takeBundle: (bundle, admin) => put(admin, 'bundle', async (before, rows, list) => {
      const { tables, signers } = openBundle(bundle, keysOf((await readKnowledgeSettings(rows)).keys ?? {}));
      const newest = Math.max(shipped.sequence, list?.newest ?? 0);
      if (tables.sequence <= newest) throw notNewer(tables.sequence, newest);
      return { content: { tables: withLocal(tables, before), local: before.local }, signers };
    }),
    takeAdvisories: (advisories, admin) =>
      put(admin, 'advisories', async (before) => ({ content: withAdvisories(before, advisories, parts.now()), signers: [] })),
    rollBack: (number, reason, admin) => put(admin, 'rollback', async (_, rows, list) => {
      const version = list?.versions.find((one) => one.number === number);
      if (number !== 0 && version === undefined) throw noVersion(number);
      return { content: version === undefined ? { tables: shipped, local: [] } : await readContent(rows, version), signers: version?.signers ?? [], reason };
    }),
  };
}

/** Looks now, and from time to time; says what is wrong once. */
async function follow(current: () => Promise<unknown>, publish: () => Promise<void>, report: (line: string) => void): Promise<() => Promise<void>> {
  let said = '';
  const look = async (): Promise<void> => {
    const problem = await current().then(() => '', (error: unknown) => (error instanceof Error ? error.message : 'unknown'));
    if (problem !== '' && problem !== said) report(`advisories and tables stay as they were: ${problem}`);
    said = problem;
    await publish();
  };
  await look();
  const timer = setInterval(() => void look(), LIMITS.configurationLookMs);
  return async () => clearInterval(timer);
}

type Making = (before: Content, rows: Rows, list: List | undefined) => Promise<Made>;

interface Made {
  readonly content: Content;
  readonly signers: readonly string[];
  readonly reason?: string;
}

interface Appending {
  readonly before: Content;
  readonly list: List | undefined;
  readonly made: Made;
  readonly from: KnowledgeVersion['from'];
  readonly admin: Admin;
  readonly newest: number;
}

/** Clocks differ, by days at most. */
const CLOCK_SKEW_MS = 2 * 24 * 60 * 60_000;

/** On record first; then the new version, and without the oldest. */
async function append(
  { key, record, now }: KnowledgeParts, rows: Rows, { before, list, made, from, admin, newest }: Appending,
): Promise<KnowledgeVersion> {
  const text = JSON.stringify(made.content);
  if (text.length > LIMITS.knowledgeCharsMax) throw tooLarge();
  const { tables } = made.content;
  // What gateways could not use is no edition.
  const detection = compareDetection(detectionOf(before.tables), detectionOf(tables));
  if (detection.length > 0) {
    await needSecondPersonFor(rows, { admin, space: DEFAULT_SPACE }, `it changes what detectors look for (${tellDetection(detection)})`);
  }
  const version: KnowledgeVersion = {
    number: (list?.versions[0]?.number ?? 0) + 1, sequence: tables.sequence, issuedAt: tables.issuedAt, from, signers: [...made.signers], by: admin.id,
    at: now(), advisories: tables.advisories.length, digest: digestOf(text),
  };
  const differences = [...compareTables(before.tables, tables), ...detection]
    .map(({ table, added, changed, removed }): Json => ({ table, added: added.length, changed: changed.length, removed: removed.length }));
  await record({
    event: 'knowledge.imported', space: DEFAULT_SPACE, ...whoOf(admin), ...(made.reason === undefined ? {} : { reason: made.reason }),
    detail: { number: version.number, sequence: version.sequence, from, digest: version.digest, signers: version.signers, differences,
      ...(detection.length === 0 ? {} : { detection: detection.map(someOf) }) },
  });
  const all = [version, ...(list?.versions ?? [])];
  for (const { number } of all.slice(LIMITS.knowledgeVersionsMax)) await rows.delete('knowledge', DEFAULT_SPACE, String(number), { by: admin.id });
  await rows.put('knowledge', DEFAULT_SPACE, String(version.number), { text }, { by: admin.id });
  const bytes = JSON.stringify({ newest, versions: all.slice(0, LIMITS.knowledgeVersionsMax) } satisfies List);
  await rows.put('setting', DEFAULT_SPACE, LISTED, { ...signBytes('knowledge', bytes, key) }, { by: admin.id });
  return version;
}

/** What detectors are made of by these tables; not made anew where it is the same. Throws `ERR_VERIFY_FAILED`. */
function detectingOf(tables: Tables, before: Detecting): Detecting {
  const detection = detectionOf(tables);
  if (detection === undefined) return { kit: SHIPPED_KIT };
  const text = textOfDetection(detection);
  const kit = digestOfDetection(text) === before.kit.digest ? before.kit : kitOf(text);
  return { kit, text, edition: { digest: kit.digest, sequence: tables.sequence } };
}

function detectionOf({ detection }: Tables): Detection | undefined {
  return detection === undefined ? undefined : checkDetection(detection);
}

function tellDetection(differences: readonly DetectionDifference[]): string {
  return differences.map(({ table, added, changed, removed }) => (table === 'textModel' ? `weights ${removed.join()} become ${added.join()}`
    : `${added.length} secret rules added, ${changed.length} changed, ${removed.length} removed`)).join('; ');
}

/** For the record: which ones, as far as there is room. */
function someOf({ table, added, changed, removed }: DetectionDifference): Json {
  const [some, others, gone] = [added, changed, removed].map((all) => all.slice(0, LIMITS.detectionNamedMax));
  return { table, added: some ?? [], changed: others ?? [], removed: gone ?? [] };
}

async function readList({ key }: KnowledgeParts, rows: Pick<Rows, 'get'>): Promise<List | undefined> {
  const publicKey = createPublicKey(key);
  const row = await rows.get('setting', DEFAULT_SPACE, LISTED);
  if (row === undefined) return undefined;
  const signed = SIGNED.safeParse(row.body);
  if (!signed.success) throw tampered();
  const { bytes, signature } = signed.data;
  if (!verify(null, Buffer.from(SIGNED_AS.knowledge + bytes), publicKey, Buffer.from(signature, 'base64url'))) throw tampered();
  return LIST.parse(JSON.parse(bytes));
}

async function readContent(rows: Pick<Rows, 'get'>, { number, digest }: KnowledgeVersion): Promise<Content> {
  const row = z.strictObject({ text: z.string() }).safeParse((await rows.get('knowledge', DEFAULT_SPACE, String(number)))?.body);
  if (!row.success || digestOf(row.data.text) !== digest) throw tampered();
  return CONTENT.parse(JSON.parse(row.data.text));
}

/** A newer program knows more than what was imported before it; what an administrator gave stays, and so does going back. */
function withShipped(shipped: Tables, content: Content, { from }: KnowledgeVersion): Content {
  const isNewer = shipped.sequence > content.tables.sequence && from !== 'rollback';
  return isNewer ? { tables: withLocal(shipped, content), local: content.local } : content;
}

function withLocal(tables: Tables, { tables: before, local }: Content): Tables {
  const given = new Set(local);
  return { ...tables, advisories: [...mergeAdvisories(before.advisories.filter(({ id }) => given.has(id)), tables.advisories)] };
}

/** What an administrator gave stands beside what was there. */
function withAdvisories({ tables, local: before }: Content, advisories: readonly Advisory[], now: number): Content {
  const ahead = advisories.find(({ modified }) => Date.parse(modified) > now + CLOCK_SKEW_MS);
  if (ahead !== undefined) throw fromTheFuture(ahead.id);
  const local = [...new Set([...before, ...advisories.map(({ id }) => id)])].toSorted();
  const merged = mergeAdvisories(tables.advisories, advisories);
  if (merged.length > LIMITS.advisoriesMax) throw tooMany(merged.length);
  return { tables: { ...tables, advisories: [...merged] }, local };
}

function keysOf(keys: Readonly<Record<string, string>>): Readonly<Record<string, KeyObject>> {
  return Object.fromEntries(Object.entries(keys).flatMap(([by, text]) => {
    const key = publicKeyOf(text);
    return key === undefined ? [] : [[by, key] as const];
  }));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function notNewer(sequence: number, newest: number): SallyportError {
  return new SallyportError('ERR_CONFLICT', `the bundle is edition ${sequence}, and ${newest} was here`, {
    remedy: 'Import a newer one; an older one that is still here is reached with `sallyport knowledge rollback`.',
  });
}

function noVersion(number: number): SallyportError {
  return new SallyportError('ERR_NOT_FOUND', `there is no version ${number} of what is known`, { remedy: 'See `sallyport knowledge history`.' });
}

/** It would stand against everything that becomes known of it later, in signed bundles too. */
function fromTheFuture(id: string): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `${id} was changed at a time to come`, { remedy: 'Take it from where it is published, or mend its date.' });
}

function tooMany(count: number): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `that would make ${count} advisories; ${LIMITS.advisoriesMax} are kept`, {
    remedy: 'Import those of software that agents and servers use.',
  });
}

function tooLarge(): SallyportError {
  return new SallyportError('ERR_BODY_TOO_LARGE', `the tables have at most ${LIMITS.knowledgeCharsMax} characters`, { remedy: 'Import fewer advisories.' });
}

function tampered(): SallyportError {
  return new SallyportError('ERR_CONFIG_TAMPERED', 'what is stored of advisories and tables is not what was imported', {
    remedy: 'Something else than Sallyport wrote to its database: restore a backup.',
  });
}
