import { newSalt } from '../../client-files/watch/baseline.ts';
import type { Baseline } from '../../client-files/watch/baseline.ts';
import { Copies } from '../../client-files/watch/copies.ts';
import { differencesOf, worstOf } from '../../client-files/watch/differences.ts';
import type { Difference } from '../../client-files/watch/watched.ts';
import { SallyportError } from '../../domain/errors.ts';
import { show } from '../command.ts';
import { part } from '../json-view.ts';
import { table, time } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { hasGate } from './file-acts.ts';
import { byPath, lookAtAll, SCOPE_OPTIONS, SCOPE_USAGE, toldOf, watchedOf } from './watched.ts';
import type { Watched } from './watched.ts';

/**
 * Approves files as they are: shows in what they are not what was approved before, asks, has control approve it where a gate is
 * set up, then signs and keeps. `--show`: only what was approved, and when.
 */
export const baseline: Verb = {
  usage: `baseline ${SCOPE_USAGE} --reason WHY [--yes] | baseline --show`,
  options: { ...SCOPE_OPTIONS, reason: { type: 'string' }, yes: { type: 'boolean' }, show: { type: 'boolean' } },
  run: async (call) => {
    const { client, io, options, needText } = call;
    const watched = await watchedOf(call);
    const kept = await readKept(watched, options.flag('show'));
    if (options.flag('show')) return present(call, kept);
    const reason = needText('reason');
    const salt = kept?.salt ?? newSalt();
    const seen = await lookAtAll(watched, salt);
    const before = byPath(kept?.files ?? []);
    const after = byPath(seen.map(({ state }) => state));
    const differences = [...new Set([...after.keys(), ...before.keys()])].flatMap((path) => differencesOf(before.get(path), after.get(path)));
    if (!options.json) io.note(describe(differences, seen.length));
    if (!options.flag('yes') && !(await io.confirm(`Approve ${seen.length} files as they are?`))) {
      throw new SallyportError('ERR_USAGE', 'nothing was approved: nobody confirmed it', { remedy: 'Look at what differs, then give --yes.' });
    }
    const next: Baseline = { number: (kept?.number ?? 0) + 1, at: Date.now(), reason, salt, files: seen.map(({ state }) => state) };
    const number = await askControl(call, watched, next, differences);
    const copies = await Copies.at(watched.store.folder);
    for (const { state, bytes } of seen) if (bytes !== undefined) await copies.keep(state.path, bytes);
    const root = await watched.store.write({ ...next, number });
    show(io, options.json, { number, root, files: seen.length, differences: differences.map((one) => ({ ...one })) }, () =>
      `Baseline ${number} of ${watched.place} at ${watched.host}: ${seen.length} files. Watch them: sallyport config watch\n`);
    if (!hasGate(client)) io.note('No gate is set up here: nobody was asked, and nothing was recorded.');
    return 0;
  },
};

/** One that was tampered with is no reason not to approve anew; that it was is said. */
async function readKept({ store }: Watched, mustHold: boolean): Promise<Baseline | undefined> {
  try {
    return (await store.read())?.baseline;
  } catch (error) {
    if (mustHold || !(error instanceof SallyportError) || error.code !== 'ERR_CONFIG_TAMPERED') throw error;
    return undefined;
  }
}

/** Asked before it counts; control's numbers go on where those of this machine were lost. */
async function askControl({ client }: Call, { host, place, store }: Watched, next: Baseline, differences: readonly Difference[]): Promise<number> {
  if (!hasGate(client)) return next.number;
  const approved = await client.get('/file-approvals', { host, place });
  const known = part(approved, 'baseline', 'number');
  const number = Math.max(next.number, (typeof known === 'number' ? known : 0) + 1);
  await client.send('POST', '/file-approvals', {
    host, place, root: store.rootOf({ ...next, number }), number, files: next.files.length, reason: next.reason, ...toldOf(differences),
  });
  return number;
}

function present({ io, options }: Call, kept: Baseline | undefined): number {
  if (kept === undefined) {
    throw new SallyportError('ERR_NOT_FOUND', 'nothing was approved here', { remedy: 'Approve it: sallyport config baseline --reason …' });
  }
  const { number, at, reason, files } = kept;
  const rows = files.map(({ path, role, client = '', entries }) => [path, role, client, entries.map(({ name, runs }) => `${name}: ${runs}`).join('\n')]);
  const told = files.map(({ path, role, entries }) => ({ path, role, servers: entries.map(({ name, runs }) => ({ name, runs })) }));
  show(io, options.json, { number, at, reason, files: told }, () =>
    `Baseline ${number}, ${time(at)}: ${reason}\n${table(['file', 'what it is', 'client', 'servers'], rows)}`);
  return 0;
}

function describe(differences: readonly Difference[], files: number): string {
  if (differences.length === 0) return `${files} files; nothing differs from what was approved.`;
  const rows = differences.map(({ severity, file, server = '', what }) => [severity, file, server, what]);
  const head = `${files} files; in what they are not what was approved before (at worst ${worstOf(differences)}):`;
  return `${head}\n${table(['weight', 'file', 'server', 'what'], rows)}`;
}
