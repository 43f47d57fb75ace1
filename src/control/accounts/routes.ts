import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { foldName, listPeople } from '../people/people.ts';
import type { Person } from '../people/schema.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { endSessionsOf } from '../sign-in/session.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { enrolmentPath, makeEnrolment } from './enrolment.ts';
import { putAccount } from './find.ts';
import type { FoundAccount } from './find.ts';
import { NEW_ACCOUNT, RESET } from './schema.ts';
import type { Account } from './schema.ts';

type Credentials = Pick<Account, 'passkeys'> & Partial<Pick<Account, 'password' | 'passwordSetAt' | 'enrolment'>>;

export const accountRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/accounts', summary: 'Local accounts: who may sign in without a company\'s provider', access: 'read', reach: 'organisation',
    act: async (_asked, { store, now }) => ({ accounts: (await listStored(store, 'account', DEFAULT_SPACE)).map((account) => presentAccount(account, now())) }),
  }),
  route({
    method: 'POST', path: '/accounts', summary: 'Make a local account; the answer holds a link that opens it once',
    access: 'govern', reach: 'organisation', body: NEW_ACCOUNT,
    secretly: linkless,
    act: async ({ admin, body }, control) => {
      const { userName, displayName, groups, passwordHash } = body;
      const id = foldName(userName);
      const at = control.now();
      const fresh = begin(control, id, passwordHash);
      const person = Bun.randomUUIDv7();
      const made: Person = {
        userName, active: true, source: 'local', groups, createdAt: at, changedAt: at, ...(displayName === undefined ? {} : { displayName }),
      };
      const what = { resource: 'account', id, verb: 'create', detail: { userName, groups } };
      const account = await control.change({ admin, space: DEFAULT_SPACE }, what, async (rows) => {
        if ((await listStored(rows, 'account', DEFAULT_SPACE)).some((other) => other.id === id)) {
          throw new SallyportError('ERR_CONFLICT', `there is an account "${id}" already`, { remedy: 'Open it anew with: sallyport account reset NAME' });
        }
        const known = await findPersonNamed(rows, userName);
        if (known === undefined) await putStored(rows, 'person', DEFAULT_SPACE, person, made, admin.id);
        const next = { id, body: { person: known ?? person, userName, createdAt: at, ...fresh.credentials } };
        await putAccount(rows, next, admin.id);
        return next;
      });
      return { ...presentAccount(account, at), ...fresh.link };
    },
  }),
  route({
    method: 'POST', path: '/accounts/:name/reset', summary: 'Take an account\'s password and passkeys away and open it anew by a link',
    access: 'govern', reach: 'organisation',
    body: RESET,
    secretly: linkless,
    act: async ({ admin, params, body }, control) => {
      const id = foldName(params['name'] ?? '');
      const fresh = begin(control, id, body.passwordHash);
      const account = await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'account', id, verb: 'reset' }, async (rows) => {
        const { body: { password: _, passwordSetAt: _at, enrolment: _link, disabledAt: _off, ...kept } } = await needStored(rows, 'account', DEFAULT_SPACE, id);
        const next = { id, body: { ...kept, ...fresh.credentials } };
        await putAccount(rows, next, admin.id);
        return next;
      });
      await endSessionsOf(control, account.body.person);
      return { ...presentAccount(account, control.now()), ...fresh.link };
    },
  }),
  route({
    method: 'POST', path: '/accounts/:name/disable', summary: 'Let nobody sign in with an account; its sessions end',
    access: 'govern', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const id = foldName(params['name'] ?? '');
      const at = control.now();
      const account = await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'account', id, verb: 'disable' }, async (rows) => {
        const { body: { enrolment: _, ...kept } } = await needStored(rows, 'account', DEFAULT_SPACE, id);
        const next = { id, body: { ...kept, disabledAt: kept.disabledAt ?? at } };
        await putAccount(rows, next, admin.id);
        return next;
      });
      await endSessionsOf(control, account.body.person);
      return presentAccount(account, at);
    },
  }),
];

/** The link opens the account: it is shown to nobody but who asked for it. */
function linkless({ passwordHash }: { readonly passwordHash?: string }): string | undefined {
  return passwordHash === undefined ? 'Set a first password on your terminal instead of making a link: add --password to `sallyport account`.' : undefined;
}

interface Beginning {
  readonly credentials: Credentials;
  readonly link: { readonly link?: { readonly path: string; readonly expiresAt: number } };
}

/** New credentials: a password that was set on a terminal, or a link by which the person sets their own. */
function begin(control: Control, id: string, hash: string | undefined): Beginning {
  const at = control.now();
  if (hash !== undefined) return { credentials: { passkeys: [], password: hash, passwordSetAt: at }, link: {} };
  const { secret, kept } = makeEnrolment(at);
  return { credentials: { passkeys: [], enrolment: kept }, link: { link: { path: enrolmentPath(id, secret), expiresAt: kept.expiresAt } } };
}

/** The directory (SCIM) may know the person already: the account is then one more way for them to sign in. */
async function findPersonNamed(rows: Rows, userName: string): Promise<string | undefined> {
  const wanted = foldName(userName);
  return (await listPeople(rows)).find(({ body }) => foldName(body.userName) === wanted)?.id;
}

/** What an administrator sees: which credentials there are, never a hash or key. */
function presentAccount({ id, body }: FoundAccount, now: number): { readonly [key: string]: Json } {
  const invited = body.enrolment !== undefined && body.enrolment.expiresAt > now;
  const usable = body.password !== undefined || body.passkeys.length > 0;
  return {
    id, userName: body.userName, person: body.person,
    state: body.disabledAt !== undefined ? 'disabled' : usable ? 'active' : invited ? 'invited' : 'locked',
    password: body.password !== undefined, createdAt: body.createdAt,
    passkeys: body.passkeys.map(({ name, createdAt, lastUsedAt, backedUp }) => ({
      name, createdAt, backedUp, ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    })),
  };
}
