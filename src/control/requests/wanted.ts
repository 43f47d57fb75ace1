import { SallyportError } from '../../domain/errors.ts';
import { isSamePackage, readPackageCommand } from '../../registry/packages.ts';
import { offersOf } from '../../registry/server-json/offers.ts';
import type { Rows } from '../../store/store.ts';
import { needAvailable, needEntry, stateOf } from '../registry/catalog.ts';
import type { Standing } from '../registry/catalog.ts';
import { advisoriesIn, describeAdvisory } from '../registry/holds.ts';
import type { NewServer } from '../servers/declare.ts';
import type { RegistryRequest } from './schema.ts';
import { needTwo } from './separation.ts';

/**
 * What is declared must be what was asked for: another address or package under the same request would be approved unseen. Gives what
 * an approver should know of it. Throws `ERR_CONFLICT`, `ERR_CATALOG_HELD`, `ERR_NOT_FOUND`.
 */
export async function checkWanted(
  rows: Rows, space: string, { wanted, requester }: Pick<RegistryRequest, 'wanted' | 'requester'>, { endpoint }: NewServer, standing: Standing,
): Promise<readonly string[]> {
  const command = endpoint.transport === 'stdio' ? [endpoint.launch.command, ...endpoint.launch.args] : undefined;
  if (wanted.kind === 'remote') {
    if (endpoint.transport === 'stdio' || endpoint.url !== wanted.url) throw another(wanted.url);
    return [];
  }
  if (wanted.kind === 'command') {
    const isSame = command !== undefined && (Bun.deepEquals(command, wanted.command) || isSamePackage(wanted.command, command));
    if (!isSame) throw another(wanted.command.join(' '));
    return command === undefined ? [] : packageFacts(command, standing);
  }
  const entry = await needEntry(rows, space, wanted.entry);
  needAvailable(wanted.entry, entry, standing);
  if (entry.released !== undefined && stateOf(entry, standing).state === 'released') {
    await needTwo(rows, space, { who: entry.released.by, did: 'released' }, { who: requester.id, did: 'asked for' });
  }
  const fitting = offersOf(entry.server).find((offer) => {
    if (offer.kind === 'remote') return endpoint.transport === offer.transport && endpoint.url === offer.url;
    return offer.kind === 'package' && command !== undefined && specOf(command) === specOf(offer.command);
  });
  // An address with variables is written out by whoever declares it, who answers for it.
  const host = endpoint.transport === 'stdio' ? undefined : hostOf(endpoint.url);
  const isOpen = host !== undefined && (entry.server.remotes ?? []).some(({ url }) => /[{}]/.test(url) && hostOf(url) === host);
  if (fitting === undefined && !isOpen) throw another(wanted.entry);
  const advisories = advisoriesIn(entry.server, standing.advisoriesFor).map(describeAdvisory);
  return [
    `of the catalogue ${entry.source}, first seen ${moment(entry.firstSeenAt)}`,
    entry.publishedAt === undefined ? 'its registry does not say when it was published'
      : `its registry says that it was published ${moment(entry.publishedAt)}`,
    ...(fitting?.kind === 'package' && fitting.sha256 !== undefined
      ? [`its document says sha256 ${fitting.sha256} of the file, which is not compared: what is fetched is verified by its own registry's digests`] : []),
    ...(entry.released === undefined ? [] : [`released by ${entry.released.by} (${entry.released.holds.join(', ')}): ${entry.released.reason}`]), ...advisories,
  ];
}

function moment(at: number): string {
  return new Date(at).toISOString();
}

function packageFacts(command: readonly string[], { advisoriesFor }: Standing): readonly string[] {
  const read = readPackageCommand(command);
  const spec = /^(.+?)(?:==|@)([^@]+)$/.exec(read?.specs[0]?.text ?? '');
  if (read === undefined || spec === null) return [];
  return advisoriesFor(read.ecosystem, spec[1] ?? '', spec[2]).map((match) => describeAdvisory({ ...match, package: `${read.ecosystem}:${spec[0]}` }));
}

function specOf(command: readonly string[]): string {
  const read = readPackageCommand(command);
  return read === undefined || read.specs.length !== 1 ? command.join('\0') : `${read.ecosystem} ${(read.specs[0]?.text ?? '').replace('==', '@')}`;
}

/** A host without variables; undefined: it has some, and could be anybody's. */
function hostOf(url: string): string | undefined {
  const [, host = ''] = /^https:\/\/([^/?#]+)/.exec(url) ?? [];
  return host === '' || /[{}@]/.test(host) ? undefined : host.toLowerCase();
}

function another(wanted: string): SallyportError {
  return new SallyportError('ERR_CONFLICT', `that is not what was asked for: ${wanted}`,
    { remedy: 'Review it as it was asked for, or have it asked for anew.' });
}
