import { createPublicKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { SallyportError } from '../../domain/errors.ts';
import type { Happening } from '../../domain/happening.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows, Store } from '../../store/store.ts';
import { isSealed } from '../../vault/envelope.ts';
import type { Envelope } from '../vault/keeper.ts';
import { appendVersion, type Made } from './append.ts';
import { checkChain, versionRows } from './history.ts';
import { carryOutOrder, recordRefusal } from './orders.ts';
import { readPin, writePin, type Pin } from './pin.ts';
import { changesBetween, readState, rootOf, type State } from './state.ts';
import { MANIFEST_ADMIN } from '../manifest/follow.ts';
import { checkFollows, digestOf, readVersion, rolledBack, tampered, type Statement, type Version } from './version.ts';

/** The configuration as signed versions: each change makes one, and what is stored is always what the last one says. */
export interface ConfigurationKeeper {
  /** The newest version; undefined before `open`. */
  readonly head: Version | undefined;
  /** The manifest that was last applied to the default space. */
  readonly applied: NonNullable<Statement['manifest']> | undefined;
  /** Nobody has configured anything yet: every version was made by control itself. */
  readonly isUntouched: boolean;
  /** Why what is stored is not what was signed, as last seen. */
  readonly problem: string | undefined;
  readonly key: KeyObject;
  /**
   * Checks everything: the chain of versions, that none is missing, and that what is stored is what the last one says. Throws
   * `ERR_CONFIG_TAMPERED`, `ERR_CONFIG_ROLLED_BACK`, both recorded. A store without any is signed as it is.
   */
  open(): Promise<void>;
  /** The state, within a change's transaction or outside; it is what was signed. Throws as `open` does. */
  check(rows: Rows): Promise<State>;
  /** Within the transaction of a change, after it was made: the version of it, not yet in force. Undefined: it changed no configuration. */
  append(rows: Rows, before: State, made: Made): Promise<Version | undefined>;
  /** Says that a version was committed: what is older is refused from now on. */
  sealed(version: Version): Promise<void>;
  /** Seals what was written before the vault had a key. */
  tend(): Promise<void>;
}

export interface KeeperParts {
  readonly home: string;
  readonly store: Store;
  readonly key: KeyObject;
  /** The vault's, which is opened after this: it changes the store by what this makes possible. */
  readonly envelope: () => Envelope;
  readonly record: (entry: Happening) => Promise<void>;
  /** The newest version that the ledger has seen committed; undefined: none. */
  readonly witness: () => Promise<Pin | undefined>;
  readonly report: (line: string) => void;
  readonly now: () => number;
}

export function createConfigurationKeeper(parts: KeeperParts): ConfigurationKeeper {
  const { store } = parts;
  const key = createPublicKey(parts.key);
  const pinFile = join(parts.home, 'control', 'configuration.json');
  let head: Version | undefined;
  let problem: string | undefined;
  let applied: ConfigurationKeeper['applied'];
  let isUntouched = true;
  const note = ({ statement }: Version): void => {
    if (statement.manifest !== undefined && statement.space === DEFAULT_SPACE) applied = statement.manifest;
    isUntouched &&= statement.via === 'control' && statement.author !== MANIFEST_ADMIN;
  };

  const keeper: ConfigurationKeeper = {
    key,
    get head() {
      return head;
    },
    get applied() {
      return applied;
    },
    get isUntouched() {
      return isUntouched;
    },
    get problem() {
      return problem;
    },
    open: async () => {
      const [pin, witness] = [readPin(pinFile), await parts.witness()];
      try {
        head = await checkChain(store, key, note);
        head ??= await first(parts, key, pin ?? witness);
        await checkStart(store, head, pin, witness);
      } catch (error) {
        head = await carryOutOrder({ ...parts, publicKey: key, newest: Math.max(pin?.number ?? 0, witness?.number ?? 0), error, head });
      }
      if (head !== undefined && (pin?.digest !== head.digest || witness?.digest !== head.digest)) await keeper.sealed(head);
      problem = undefined;
    },
    check: async (rows) => {
      head = await follow(rows, head, key, note);
      const state = await readState(rows);
      const fault = flawOf(state, head);
      if (fault === undefined) {
        problem = undefined;
        return state;
      }
      if (problem === undefined) await recordRefusal(parts, fault.code, fault.message);
      problem = fault.message;
      throw fault;
    },
    append: async (rows, before, made) => {
      const after = await readState(rows);
      const changes = changesBetween(before, after);
      const last = await follow(rows, head, key, note);
      const { manifest } = made.what;
      if (changes.length === 0 && (manifest === undefined || manifest.digest === applied?.digest)) return undefined;
      return appendVersion({ rows, key: parts.key, envelope: parts.envelope(), last }, changes, rootOf(after), made);
    },
    sealed: async (version) => {
      head = version;
      note(version);
      const { number, author } = version.statement;
      writePin(pinFile, { number, digest: version.digest });
      // It is in force already: a ledger that is away now is told at the next start.
      await parts.record({ event: 'config.sealed', space: DEFAULT_SPACE, principal: author, detail: { version: number, digest: version.digest } })
        .catch(() => parts.report(`the ledger was not told that version ${number} of the configuration is committed`));
    },
    tend: async () => sealAll(store, parts.envelope()),
  };
  return keeper;
}

async function sealAll(store: Store, envelope: Envelope): Promise<void> {
  await envelope.ready();
  for await (const { number, content } of versionRows(store)) {
    if (isSealed(content)) continue;
    await store.transaction(async (rows) => rows.configuration.reseal(number, await envelope.seal(rows, content)));
  }
}

function flawOf(state: State, head: Version | undefined): SallyportError | undefined {
  if (head === undefined || rootOf(state) === head.statement.root) return undefined;
  return tampered(`what is stored is not version ${head.statement.number} of the configuration: something else than Sallyport changed it`);
}

/** The newest version in the store now: another control may have added some since. */
async function follow(rows: Rows, known: Version | undefined, key: KeyObject, note: (version: Version) => void): Promise<Version | undefined> {
  const latest = await rows.configuration.latest();
  if (latest === undefined) {
    if (known !== undefined) throw rolledBack('the versions of the configuration are gone');
    return undefined;
  }
  if (known === undefined) return readVersion(latest, key);
  if (latest.number < known.statement.number) {
    throw rolledBack(`the store holds version ${latest.number} of the configuration; ${known.statement.number} was here`);
  }
  if (latest.number === known.statement.number) {
    if (digestOf(latest.statement) === known.digest) return known;
    throw tampered(`version ${latest.number} of the configuration is not the one that was here`);
  }
  let last = known;
  for await (const row of versionRows(rows, known.statement.number)) {
    const next = readVersion(row, key);
    checkFollows(last, next);
    note(next);
    last = next;
  }
  return last;
}

const SELF = 'sallyport|control';

/** The first version: whatever a store from before versions holds, or nothing; where some were seen, there is none to make. */
async function first({ store, key, envelope, now }: KeeperParts, publicKey: KeyObject, seen: Pin | undefined): Promise<Version | undefined> {
  if (seen !== undefined) return undefined;
  return store.transaction(async (rows) => {
    const latest = await rows.configuration.latest();
    // Another control may have been the first.
    if (latest !== undefined) return readVersion(latest, publicKey);
    const state = await readState(rows);
    const what = { resource: 'configuration', id: 'first', verb: 'begin' };
    const made = { by: { admin: { id: SELF, may: [] }, space: DEFAULT_SPACE }, what, at: now(), snapshot: 0 };
    return appendVersion({ rows, key, envelope: envelope(), last: undefined }, changesBetween(new Map(), state), rootOf(state), made);
  });
}

/** Whether this is the newest store there was, and what it holds is what was signed. */
async function checkStart(store: Store, head: Version | undefined, pin: Pin | undefined, witness: Pin | undefined): Promise<void> {
  checkNotOlder(head, pin, witness, (await store.snapshots.latest())?.version ?? 0);
  if (await hasMissing(store, pin) || await hasMissing(store, witness)) {
    throw rolledBack('the versions of the configuration are not those that were committed here');
  }
  const flaw = flawOf(await readState(store), head);
  if (flaw !== undefined) throw flaw;
}

function checkNotOlder(head: Version | undefined, pin: Pin | undefined, witness: Pin | undefined, snapshot: number): void {
  const number = head?.statement.number ?? 0;
  const [kept, seen, signed] = [pin?.number ?? 0, witness?.number ?? 0, head?.statement.snapshot ?? 0];
  if (number < kept) throw rolledBack(`the store holds version ${number} of the configuration; this control committed version ${kept}`);
  if (number < seen) throw rolledBack(`the store holds version ${number} of the configuration; the ledger saw version ${seen} committed`);
  if (snapshot < signed) throw rolledBack(`the store's newest snapshot is ${snapshot}; the configuration was signed after ${signed}`);
}

/** Whether the store has another version in the place of one that was seen. */
async function hasMissing(rows: Rows, seen: Pin | undefined): Promise<boolean> {
  if (seen === undefined) return false;
  const row = await rows.configuration.get(seen.number);
  return row === undefined || digestOf(row.statement) !== seen.digest;
}
