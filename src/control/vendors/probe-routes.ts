import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { isAtVendor } from '../../vendor/attest.ts';
import { PERMISSION, refusalBy } from '../../vendor/probe/permission.ts';
import type { Permission } from '../../vendor/probe/permission.ts';
import { PROBE_REPORT } from '../../vendor/probe/result.ts';
import { asJson } from '../as-json.ts';
import { NAME } from '../names.ts';
import { removal } from '../removal.ts';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { keepProbes } from './probes.ts';

const ONE = z.object({ id: NAME });

export const vendorProbeRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/vendor-permissions', summary: 'Whose endpoints may be probed: by whose leave, until when, how far', access: 'read', reach: 'space',
    act: async ({ space }, { store }) => ({ permissions: (await listStored(store, 'vendor-permission', space)).map(({ body }) => asJson(body)) }),
  }),
  route({
    method: 'PUT', path: '/vendor-permissions/:id', summary: 'Record that a vendor\'s endpoints may be probed', access: 'change', reach: 'space',
    body: PERMISSION,
    act: async ({ admin, space, params, body }, control) => {
      const { id } = validate(ONE, params, 'path');
      const [endpoint = ''] = body.endpoints;
      const refusal = refusalBy(body, { vendor: id, endpoint }, control.now());
      if (refusal !== undefined) throw new SallyportError('ERR_PROBE_FORBIDDEN', refusal, { remedy: 'docs/vendor-probes.md has an example of a permission.' });
      return control.change({ admin, space }, { resource: 'vendor-permission', id, verb: 'put', detail: detailOf(body) }, async (rows) => {
        const { body: vendor } = await needStored(rows, 'vendor', space, id);
        const stranger = body.endpoints.find((one) => !isAtVendor(one, vendor.endpoints));
        if (stranger !== undefined) {
          throw new SallyportError('ERR_PROBE_FORBIDDEN', `${stranger} is no endpoint of ${id}`, { remedy: 'Declare it first, if it is that vendor\'s.' });
        }
        await putStored(rows, 'vendor-permission', space, id, body, admin.id);
        return asJson(body);
      });
    },
  }),
  removal('vendor-permission', '/vendor-permissions/:id', 'Withdraw the leave to probe a vendor\'s endpoints'),
  route({
    method: 'GET', path: '/vendors/:id/probes', summary: 'What the probes saw last at each endpoint of a vendor', access: 'read', reach: 'space',
    act: async ({ space, params }, { store }) => {
      const { id } = validate(ONE, params, 'path');
      const reports = (await listStored(store, 'vendor-probe', space)).map(({ body }) => body);
      return { reports: reports.filter(({ vendor }) => vendor === id).map(asJson) };
    },
  }),
  route({
    method: 'POST', path: '/vendors/:id/probes', summary: 'Say what a run of the probes saw', access: 'change', reach: 'space', body: PROBE_REPORT,
    act: async ({ admin, space, params, body }, control) => {
      const { id } = validate(ONE, params, 'path');
      if (body.vendor !== id) throw new SallyportError('ERR_REQUEST_INVALID', 'body.vendor: it is another vendor\'s', { remedy: 'Name one vendor.' });
      return { changes: (await keepProbes(control, { admin, space }, body)).map(asJson) };
    },
  }),
];

function detailOf({ by, reference, until, endpoints, consents }: Permission): Record<string, string | readonly string[]> {
  return { by, reference, until, endpoints, consents };
}
