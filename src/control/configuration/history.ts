import type { KeyObject } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { Rows, VersionRow } from '../../store/store.ts';
import type { Envelope } from '../vault/keeper.ts';
import { applyChanges, rootOf, stateOf } from './state.ts';
import type { RowChange, State } from './state.ts';
import { checkFollows, readContent, readVersion, tampered } from './version.ts';
import type { Version } from './version.ts';

const PAGE = 200;

/** All versions in order, as they are stored. */
export async function* versionRows(rows: Rows, from = 0): AsyncGenerator<VersionRow> {
  for (let at = from; ;) {
    const page = await rows.configuration.after(at, PAGE);
    yield* page;
    const last = page.at(-1);
    if (last === undefined) return;
    at = last.number;
  }
}

/**
 * The last version, with every one before it checked: each is signed by control's key and names the one before, back to the
 * newest that a person accepted as it was, or to the first; `note` is shown each. Throws `ERR_CONFIG_TAMPERED`.
 */
export async function checkChain(rows: Rows, key: KeyObject, note: (version: Version) => void = () => undefined): Promise<Version | undefined> {
  let last: Version | undefined;
  let flaw: unknown;
  for await (const row of versionRows(rows)) {
    try {
      const next = readVersion(row, key);
      if (flaw !== undefined && next.statement.anchor !== true) continue;
      checkFollows(last, next);
      note(next);
      last = next;
      flaw = undefined;
    } catch (error) {
      // What a person accepted later begins anew.
      flaw ??= error;
    }
  }
  if (flaw !== undefined) throw flaw;
  return last;
}

export async function needVersion(rows: Rows, number: number, key: KeyObject): Promise<{ readonly version: Version; readonly row: VersionRow }> {
  const row = await rows.configuration.get(number);
  if (row !== undefined) return { version: readVersion(row, key), row };
  throw new SallyportError('ERR_NOT_FOUND', `there is no version ${number} of the configuration`, { remedy: 'See `sallyport config history`.' });
}

/** What one version changed. Throws `ERR_CONFIG_TAMPERED`, `ERR_VAULT_*`. */
async function openVersion({ statement }: Version, { content }: VersionRow, envelope: Envelope): Promise<readonly RowChange[]> {
  return readContent(await envelope.open(content), statement);
}

/** The whole configuration as it was after a version. Throws `ERR_NOT_FOUND`, `ERR_CONFIG_TAMPERED`, `ERR_VAULT_*`. */
export async function stateAt(rows: Rows, number: number, key: KeyObject, envelope: Envelope): Promise<State> {
  const { version: wanted } = await needVersion(rows, number, key);
  let from = 1;
  for await (const row of versionRows(rows)) {
    if (row.number > number) break;
    if (isAnchor(row, key)) from = row.number;
  }
  let state = stateOf([]);
  for await (const row of versionRows(rows, from - 1)) {
    if (row.number > number) break;
    const version = readVersion(row, key);
    const changes = await openVersion(version, row, envelope);
    state = version.statement.anchor === true ? applyChanges(stateOf([]), changes) : applyChanges(state, changes);
  }
  if (rootOf(state) === wanted.statement.root) return state;
  throw tampered(`the versions up to ${number} do not add up to what was signed`);
}

/** A version before the newest accepted one may be anything. */
function isAnchor(row: VersionRow, key: KeyObject): boolean {
  try {
    return readVersion(row, key).statement.anchor === true;
  } catch {
    return false;
  }
}
