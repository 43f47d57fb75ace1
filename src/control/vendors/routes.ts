import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { decodeJson } from '../../store/body.ts';
import { isAtVendor } from '../../vendor/attest.ts';
import { disclosureSchema } from '../../vendor/disclosure/answer.ts';
import type { By, Control } from '../control.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, listStored, needStored, putStored } from '../stored.ts';
import { VENDOR_SHOWN, VENDORS } from './answer.ts';
import { listCandidates, presentCandidate } from './candidates.ts';
import { accept, acceptSubmitted, attest, digestOfDisclosure, readDisclosureFile, refuseSubmitted } from './disclose.ts';
import { keepEvent, noteEvent, settleVendors } from './events.ts';
import { readVendors, type VendorFacts } from './facts.ts';
import { closeLink, linksOf, openLink } from './link.ts';
import { presentVendor, REPORT_TEXTS, reportIn, showVendor } from './present.ts';
import { ACCEPT, ATTEST, DISCLOSE, NEW_EVENT, NEW_LINK, NEW_VENDOR, VENDOR, type StoredVendor } from './schema.ts';

const readRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/vendors', summary: 'Vendors of the space: score, disclosure, when each must be vouched for anew', access: 'read', reach: 'space',
    answer: VENDORS,
    act: async ({ space }, { store, now }) => {
      const shown: Json[] = [];
      for (const facts of await readVendors(store, now(), { space })) shown.push(await presentVendor(store, space, facts, now()));
      return { vendors: shown };
    },
  }),
  route({
    method: 'GET', path: '/vendor-candidates', summary: 'What others run for us, seen outside the gate or registered, that no vendor here is', access: 'read',
    reach: 'space', act: async ({ space }, control) => ({ candidates: (await listCandidates(control, space)).map(presentCandidate) }),
  }),
  route({
    method: 'GET', path: '/vendor-disclosure-schema', summary: 'The JSON Schema of what vendors are asked', access: 'read', reach: 'space',
    act: async () => decodeJson(JSON.stringify(disclosureSchema())),
  }),
  route({
    method: 'GET', path: '/vendors/:id', summary: 'All that is known of a vendor, with every input of its score', access: 'read', reach: 'space',
    answer: VENDOR_SHOWN,
    act: async ({ space, params }, { store, now }) => showVendor(store, space, await needVendor(store, space, params['id'], now()), now()),
  }),
  route({
    method: 'GET', path: '/vendors/:id/report', summary: 'The report of a vendor: HTML, Markdown, or JSON from which the score can be recomputed',
    access: 'read', reach: 'space', query: { format: z.enum(['html', 'markdown', 'json']).default('json') },
    act: async ({ space, params, query: { format } }, { store, now }) => {
      const report = await reportIn(store, space, await needVendor(store, space, params['id'], now()), now());
      return { format, text: REPORT_TEXTS[format](report) };
    },
  }),
];

const declareRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/vendors', summary: 'Declare a vendor', access: 'change', reach: 'space', body: NEW_VENDOR,
    act: ({ admin, space, body: { id, ...vendor } }, control) => putVendor({ admin, space }, id, vendor, 'add', control),
  }),
  route({
    method: 'PUT', path: '/vendors/:id', summary: 'Replace what is declared of a vendor', access: 'change', reach: 'space', body: VENDOR,
    act: ({ admin, space, params, body }, control) => putVendor({ admin, space }, params['id'] ?? '', body, 'put', control),
  }),
  route({
    method: 'DELETE', path: '/vendors/:id', summary: 'Remove a vendor, what it disclosed and its open links', access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, { resource: 'vendor', id, verb: 'remove' }, async (rows) => {
        const using = (await listStored(rows, 'server', space)).filter(({ body }) => body.vendor === id).map((server) => server.id);
        if (using.length > 0) {
          throw new SallyportError('ERR_CONFLICT', `the servers ${using.slice(0, 5).join(', ')} are this vendor's`, { remedy: 'Remove them first.' });
        }
        await deleteStored(rows, 'vendor', space, id, admin.id);
        for (const kind of ['disclosure', 'disclosure-submitted'] as const) await rows.delete(kind, space, id, { by: admin.id });
        for (const link of await linksOf(rows, space, id)) await rows.delete('disclosure-link', space, link.id, { by: admin.id });
        await rows.delete('vendor-permission', space, id, { by: admin.id });
        for (const kind of ['vendor-event', 'vendor-probe', 'vendor-known'] as const) {
          for (const one of await listStored(rows, kind, space)) if (one.body.vendor === id) await rows.delete(kind, space, one.id, { by: admin.id });
        }
        return { id };
      });
    },
  }),
];

const discloseRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/vendors/:id/disclosure', summary: 'Take what a vendor disclosed into force, from YAML or CSV; whoever does it vouches for it',
    access: 'approve', reach: 'space', body: DISCLOSE,
    act: async ({ admin, space, params, body: { dryRun, ...file } }, control): Promise<Json> => {
      const id = params['id'] ?? '';
      await needStored(control.store, 'vendor', space, id);
      const disclosure = readDisclosureFile(file, id, admin.id, control.now());
      return dryRun ? { vendor: id, digest: digestOfDisclosure(disclosure), dryRun } : accept({ admin, space }, id, disclosure, 'file', control);
    },
  }),
  route({
    method: 'POST', path: '/vendors/:id/links', summary: 'Open a page for the vendor to answer on: signed, for a while, good once', access: 'change',
    reach: 'space', body: NEW_LINK, secretly: () => 'Open the link yourself: whoever has it can answer for the vendor.',
    act: async ({ admin, space, params, body: { days } }, control) => ({ ...(await openLink({ admin, space }, params['id'] ?? '', days, control)) }),
  }),
  route({
    method: 'DELETE', path: '/vendors/:id/links/:link', summary: 'Close such a page', access: 'stop', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      await closeLink({ admin, space }, params['id'] ?? '', params['link'] ?? '', control);
      return { link: params['link'] ?? '' };
    },
  }),
  route({
    method: 'POST', path: '/vendors/:id/accept', summary: 'Take what the vendor sent by its page into force; whoever does it vouches for it', access: 'approve',
    reach: 'space', body: ACCEPT, act: ({ admin, space, params, body }, control) => acceptSubmitted({ admin, space }, params['id'] ?? '', body.digest, control),
  }),
  route({
    method: 'DELETE', path: '/vendors/:id/submitted', summary: 'Refuse what the vendor sent by its page', access: 'approve', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      await refuseSubmitted({ admin, space }, params['id'] ?? '', control);
      return { id: params['id'] ?? '' };
    },
  }),
  route({
    method: 'POST', path: '/vendors/:id/attest', summary: 'Vouch that all the vendor disclosed still holds', access: 'approve', reach: 'space', body: ATTEST,
    act: async ({ admin, space, params, body }, control) => {
      await attest({ admin, space }, params['id'] ?? '', body.reason, control);
      return showVendor(control.store, space, await needVendor(control.store, space, params['id'], control.now()), control.now());
    },
  }),
  route({
    method: 'POST', path: '/vendors/:id/events', summary: 'Say what asks for the vendor\'s word before its time: a breach, another issuer …', access: 'stop',
    reach: 'space', body: NEW_EVENT,
    act: async ({ admin, space, params, body }, control) => {
      const id = params['id'] ?? '';
      await needStored(control.store, 'vendor', space, id);
      const isNew = await noteEvent(control, { space, vendor: id, by: admin.id, ...body });
      await settleVendors(control);
      return { id, event: body.event, noted: isNew };
    },
  }),
];

export const vendorRoutes: readonly Route[] = [...readRoutes, ...declareRoutes, ...discloseRoutes];

async function putVendor(by: By, id: string, vendor: StoredVendor, verb: 'add' | 'put', control: Control): Promise<Json> {
  const { admin, space } = by;
  const { name, owner, tier } = vendor;
  return control.change(by, { resource: 'vendor', id, verb, detail: { name, owner, tier } }, async (rows) => {
    const known = await listStored(rows, 'vendor', space);
    const isKnown = known.some((one) => one.id === id);
    if (isKnown !== (verb === 'put')) {
      throw isKnown
        ? new SallyportError('ERR_CONFLICT', `there is a vendor "${id}" already`, { remedy: 'Replace it, or take another name.' })
        : new SallyportError('ERR_NOT_FOUND', `there is no vendor "${id}" in this space`, { remedy: 'See `sallyport vendor list`.' });
    }
    if (!isKnown && known.length >= LIMITS.vendorsMax) {
      throw new SallyportError('ERR_CONFLICT', `a space has at most ${LIMITS.vendorsMax} vendors`, { remedy: 'Remove those that are not used.' });
    }
    const before = known.find((one) => one.id === id)?.body.endpoints ?? vendor.endpoints;
    const moved = vendor.endpoints.find(({ url }) => !isAtVendor(url, before));
    await putStored(rows, 'vendor', space, id, vendor, admin.id);
    // Whoever vouched did so for where it was reached then.
    if (moved !== undefined) {
      const note = `it is declared at ${moved.url}`.slice(0, LIMITS.reasonCharsMax);
      await keepEvent(rows, { space, vendor: id, event: 'domain-changed', note, by: admin.id }, control.now());
    }
    return { id };
  });
}

async function needVendor(rows: Parameters<typeof readVendors>[0], space: string, id: string | undefined, now: number): Promise<VendorFacts> {
  const found = (await readVendors(rows, now, { space })).find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', `there is no vendor "${id ?? ''}" in this space`, { remedy: 'See `sallyport vendor list`, and --space.' });
}
