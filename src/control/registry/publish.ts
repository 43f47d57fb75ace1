import type { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { VERSION } from '../../registry/server-json/shape.ts';
import type { Rows } from '../../store/store.ts';
import type { By, Control } from '../control.ts';
import { needOther } from '../requests/separation.ts';
import type { Part } from '../requests/separation.ts';
import type { StoredServer } from '../servers/schema.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import { factsOf } from './facts.ts';
import type { Listing, ListingStatus, PUBLICATION } from './schema.ts';
import type { Baseline } from '../../domain/server.ts';

/**
 * Publishes what is approved of a server now, as a version of its own; earlier versions are deprecated by it. Nobody publishes what
 * they asked for or approved. Throws `ERR_SERVER_NOT_APPROVED`, `ERR_SECOND_PERSON`, `ERR_CONFLICT`.
 */
export async function publish({ admin, space }: By, asked: z.infer<typeof PUBLICATION>, control: Control): Promise<Listing> {
  const { server, body: { baseline, request } } = await readPublishable(control.store, space, asked.server);
  const facts = await factsOf(server, baseline, control);
  const version = asked.version ?? versionOf(server, baseline);
  const detail = { digest: facts.digest, version, ...(facts.package === undefined ? {} : { package: facts.package.purl }) };
  return control.change({ admin, space }, { resource: 'listing', id: asked.server, verb: 'publish', detail }, async (rows) => {
    const now = await readPublishable(rows, space, asked.server);
    if (now.body.baseline.digest !== baseline.digest) throw new SallyportError('ERR_CONFLICT', 'something else is approved by now', { remedy: 'Try again.' });
    await needOther(rows, { admin, space }, 'publishes', await partsOf(rows, space, asked.server));
    const before = await listingsOf(rows, space, asked.server);
    const previous = before.toSorted((a, b) => b.publishedAt - a.publishedAt)[0];
    const description = asked.description ?? previous?.description;
    if (description === undefined) throw new SallyportError('ERR_REQUEST_INVALID', 'body.description: say what it does', { remedy: 'Add --description.' });
    const listing: Listing = {
      ...(previous?.title === undefined ? {} : { title: previous.title }), ...(previous?.websiteUrl === undefined ? {} : { websiteUrl: previous.websiteUrl }),
      ...(previous?.sbom === undefined ? {} : { sbom: previous.sbom }), ...asked, ...facts, description, version: freeVersion(version, facts.digest, before),
      ...(request === undefined ? {} : { request: request.id }),
      status: 'active', statusChangedAt: control.now(), publishedAt: control.now(), updatedAt: control.now(), publishedBy: admin.id,
    };
    if ((await listStored(rows, 'listing', space)).length >= LIMITS.registryListingsMax) {
      throw new SallyportError('ERR_CONFLICT', 'no more versions fit into the registry of this space', { remedy: 'Remove servers that nobody uses any more.' });
    }
    for (const old of before.filter(({ status }) => status === 'active')) {
      await put(rows, space, withStatus(old, 'deprecated', `Superseded by ${listing.version}.`, control.now()), admin.id);
    }
    await put(rows, space, listing, admin.id);
    return listing;
  });
}

/** Sets what some versions of a server are worth; nothing that is stopped comes back by it, and to publish again takes who may publish. */
export async function setStatus(
  { admin, space }: By, { server, version, status, message }: {
    readonly server: string; readonly version?: string; readonly status: ListingStatus; readonly message?: string;
  }, control: Control,
): Promise<readonly Listing[]> {
  const detail = { status, ...(version === undefined ? {} : { version }) };
  const what = { resource: 'listing', id: server, verb: 'status', detail, ...(message === undefined ? {} : { reason: message }) };
  return control.change({ admin, space }, what, async (rows) => {
    const chosen = (await listingsOf(rows, space, server)).filter((one) => version === undefined || one.version === version);
    if (chosen.length === 0) throw new SallyportError('ERR_NOT_FOUND', 'no such version is published', { remedy: 'See `sallyport registry list`.' });
    if (status === 'active' && chosen.some((one) => one.status !== 'active')) {
      await needOther(rows, { admin, space }, 'publishes', await partsOf(rows, space, server));
    }
    const next = chosen.map((one) => withStatus(one, status, message, control.now()));
    if (version !== undefined && Bun.deepEquals(next.map(({ status: now, statusMessage }) => [now, statusMessage]),
      chosen.map(({ status: was, statusMessage }) => [was, statusMessage]))) {
      throw new SallyportError('ERR_REQUEST_INVALID', `nothing would change: it is ${status} already`, { remedy: 'Give another status or message.' });
    }
    for (const one of next) await put(rows, space, one, admin.id);
    return next;
  });
}

/** A server that is removed is nothing that clients may have, and whoever takes its name later starts anew. */
export async function withdrawListings(rows: Rows, space: string, server: string, by: string, now: number): Promise<void> {
  for (const one of await listingsOf(rows, space, server)) {
    if (one.status !== 'deleted') await put(rows, space, withStatus(one, 'deleted', 'It was removed.', now), by);
  }
}

async function listingsOf(rows: Rows, space: string, server: string): Promise<readonly Listing[]> {
  return (await listStored(rows, 'listing', space)).map(({ body }) => body).filter((one) => one.server === server);
}

async function put(rows: Rows, space: string, listing: Listing, by: string): Promise<void> {
  await putStored(rows, 'listing', space, `${listing.server}/${listing.version}`, listing, by);
}

function withStatus({ statusMessage: _before, ...listing }: Listing, status: ListingStatus, message: string | undefined, now: number): Listing {
  return { ...listing, status, ...(message === undefined ? {} : { statusMessage: message }), statusChangedAt: now, updatedAt: now };
}

interface Publishable {
  readonly server: StoredServer;
  readonly body: { readonly baseline: Baseline; readonly request?: { readonly id: string; readonly by: string } };
}

async function readPublishable(rows: Rows, space: string, id: string): Promise<Publishable> {
  const { body: server } = await needStored(rows, 'server', space, id);
  const baseline = (await findStored(rows, 'baseline', space, id))?.body;
  if (server.status !== 'approved' || baseline === undefined) {
    throw new SallyportError('ERR_SERVER_NOT_APPROVED', `${id} is not approved`,
      { remedy: `Run \`sallyport server scan ${id}\` and \`server approve ${id}\` first.` });
  }
  const request = await requestFor(rows, space, id);
  return { server, body: { baseline, ...(request === undefined ? {} : { request }) } };
}

/** By which request a server came, the last one; undefined: by none. */
async function requestFor(rows: Rows, space: string, id: string): Promise<{ readonly id: string; readonly by: string } | undefined> {
  const [last] = (await listStored(rows, 'registry-request', space)).filter(({ body }) => body.state === 'approved' && body.review?.definition.id === id)
    .toSorted((a, b) => (b.body.approval?.at ?? 0) - (a.body.approval?.at ?? 0));
  return last === undefined ? undefined : { id: last.id, by: last.body.requester.id };
}

/** Who had a part in what would be published. */
async function partsOf(rows: Rows, space: string, id: string): Promise<readonly Part[]> {
  const approvedBy = (await findStored(rows, 'baseline', space, id))?.body.approvedBy;
  const request = await requestFor(rows, space, id);
  return [
    ...(approvedBy === undefined ? [] : [{ who: approvedBy, did: 'approved' }]), ...(request === undefined ? [] : [{ who: request.by, did: 'asked for' }]),
  ];
}

/** Its package's, else what it says of itself, else what is approved by its digest. */
function versionOf({ endpoint }: StoredServer, { digest, surface }: Baseline): string {
  const pin = endpoint.transport === 'stdio' ? endpoint.launch.package : undefined;
  const said = surface.serverInfo['version'];
  const wanted = pin !== undefined && pin.ecosystem !== 'oci' ? pin.version : said;
  const read = VERSION.safeParse(wanted);
  return read.success ? read.data : `0.0.0-${digest.slice(0, 12)}`;
}

/** A version is published once: the same number for another content gets that content's digest as build metadata. */
function freeVersion(version: string, digest: string, before: readonly Listing[]): string {
  const taken = before.find((one) => one.version === version);
  if (taken === undefined || (taken.digest === digest && taken.status !== 'deleted')) return version;
  const marked = `${version}${version.includes('+') ? '.' : '+'}${digest.slice(0, 12)}`;
  if (!before.some((one) => one.version === marked && one.status === 'deleted')) return marked;
  throw new SallyportError('ERR_CONFLICT', `${version} was published and deleted`, { remedy: 'Publish it as another version: --version.' });
}
