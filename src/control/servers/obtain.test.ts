import { afterAll, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import type { Released } from '../../upstream/credentials/leases.ts';
import type { OAuthFetch } from '../../upstream/guarded-fetch.ts';
import type { Stored } from '../stored.ts';
import { createObtainer } from './obtain.ts';
import type { StoredServer } from './schema.ts';

/** A provider that grants whatever it is asked for, and remembers what that was. */
const asked: (string | null)[] = [];
const provider = Bun.serve({
  hostname: '127.0.0.1', port: 0,
  fetch: async (request) => {
    asked.push(new URLSearchParams(await request.text()).get('scope'));
    return Response.json({ access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 600 });
  },
});
afterAll(() => provider.stop(true));

const none = (): Promise<never> => Promise.reject(new Error('not asked for'));
const obtain = createObtainer({
  readSecret: async () => 's3cret', fetchFor: async (): Promise<OAuthFetch> => (url, init) => fetch(url, init), mintSubject: none, identityOf: none,
  obtainConnected: none, now: Date.now,
});

function serverWith(scopes?: { read: string[]; write: string[] }): Stored<StoredServer> {
  const credentials = {
    type: 'client-credentials', tokenUrl: `http://127.0.0.1:${provider.port ?? 0}/token`, clientId: 'gate', secret: 'vault:crm',
    ...(scopes === undefined ? {} : { scopes }),
  } as const;
  return {
    id: 'crm', space: 'default', body: {
      endpoint: { transport: 'http', url: 'https://crm.example/mcp', allowPrivate: false }, owner: 'sales', hosting: 'self', tier: 'vendor', status: 'approved',
      labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials, tools: {}, allow: [],
    },
  };
}

const CALLER = { space: 'default', server: 'crm', exchange: 'x', principal: 'https://idp.example|ann', agent: 'desk', actors: [], effect: 'read' } as const;

function refusing(shown: Released, scope: string): typeof CALLER & { readonly challenge: string; readonly refused: string } {
  const value = shown.kind === 'header' ? shown.value : '';
  return { ...CALLER, challenge: `Bearer error="insufficient_scope", scope="${scope}"`, refused: createHash('sha256').update(value).digest('hex') };
}

test('a server that refuses a token gets one with what its entry declares, and nothing that it makes up', async () => {
  const declared = serverWith({ read: ['crm.read'], write: ['crm.write'] });
  const first = await obtain(declared, CALLER);
  await obtain(declared, refusing(first, 'crm.write admin'));
  expect(asked).toEqual(['crm.read', 'crm.read crm.write']);
});

test('nor where its entry declares nothing: the gate asks as itself, and nobody is there to agree to more', async () => {
  asked.length = 0;
  const open = serverWith();
  const first = await obtain(open, CALLER);
  expect(await codeOf(obtain(open, refusing(first, 'admin')))).toBe('ERR_UPSTREAM_CREDENTIAL');
  expect(asked).toEqual([null]);
});
