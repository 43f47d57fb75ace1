import { SallyportError } from '../../domain/errors.ts';
import type { Control } from '../control.ts';
import { findBrowser, knowBrowser } from '../sign-in/csrf.ts';
import { readForm } from '../sign-in/form.ts';
import { goTo } from '../sign-in/page.ts';
import { findVisitor, nameOf, signInPath } from '../sign-in/who.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { CALLBACK_PATH, CLIENT_DOCUMENT_PATH, clientDocument } from './client.ts';
import { beginConnection, finishConnection, serverOf, takePending } from './flow.ts';
import { askPage, endPage, leavePage } from './pages.ts';
import type { Ticket } from './schema.ts';

/** The pages on which a person connects an account, and what their provider fetches and answers. */
export const connectionPages: readonly WebRoute[] = [
  {
    method: 'GET', path: CLIENT_DOCUMENT_PATH,
    run: async (web) => Response.json(clientDocument(web.url.origin), { headers: { 'cache-control': 'max-age=3600' } }),
  },
  { method: 'GET', path: '/connections/start/:ticket', run: ask },
  { method: 'POST', path: '/connections/start/:ticket', run: begin },
  { method: 'GET', path: CALLBACK_PATH, run: finish },
];

/** Shows what is asked: which agent, at which server, with which scopes, and where the browser goes. Nothing has happened yet. */
async function ask(web: WebRequest, control: Control): Promise<Response> {
  const { parts } = control.connections;
  const ticket = await parts.tickets.read(web.params['ticket'] ?? '');
  const { server } = await serverOf(parts, ticket);
  const who = await personOf(web, control, ticket);
  if (who === 'unknown') return goTo(signInPath(web));
  const browser = knowBrowser(web);
  return askPage(web, { ticket, owner: server.body.owner, who, token: browser.token(purposeOf(ticket)), cookies: browser.cookies });
}

async function begin(web: WebRequest, control: Control): Promise<Response> {
  const { parts } = control.connections;
  const text = web.params['ticket'] ?? '';
  const ticket = await parts.tickets.read(text);
  const form = await readForm(web, purposeOf(ticket));
  if (await personOf(web, control, ticket) === 'unknown') return goTo(signInPath(web));
  if (form.text('answer') !== 'yes') {
    await parts.tickets.use(text);
    return endPage(web, { ticket, connected: false });
  }
  return leavePage(web, await beginConnection(parts, text, form.browser.id));
}

async function finish(web: WebRequest, control: Control): Promise<Response> {
  const { parts } = control.connections;
  const query = (name: string): string | undefined => {
    const [value, ...more] = web.url.searchParams.getAll(name);
    return more.length === 0 ? value : undefined;
  };
  const pending = await takePending(parts, query('state') ?? '', findBrowser(web)?.id);
  const { ticket } = pending;
  // Who agreed must be who comes back: the session may have become somebody else's meanwhile.
  if (await personOf(web, control, ticket) === 'unknown') throw notYours();
  const connected = await finishConnection(parts, pending, { code: query('code'), iss: query('iss'), error: query('error') });
  return endPage(web, { ticket, connected });
}

function purposeOf({ id }: Ticket): string {
  return `connect\n${id}`;
}

const OWN = 'sallyport|';
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3})$/;

/**
 * Whether the one in front of the browser is the one whose call asked. People of our issuer and of the company's provider are
 * signed in here as themselves. Behind an agent token of this gate stands nobody who could sign in: there the link, which
 * only its caller was given, is the proof, and only from this machine. Throws `ERR_CONNECTION_INVALID` for anybody else.
 */
async function personOf(web: WebRequest, control: Control, { principal }: Ticket): Promise<string> {
  if (principal.startsWith(OWN)) {
    if (LOOPBACK.test(web.address)) return principal.slice(OWN.length);
    throw notYours();
  }
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return 'unknown';
  if (visitor.principal !== principal && visitor.person.body.subject !== principal) throw notYours();
  return nameOf(visitor.person);
}

function notYours(): SallyportError {
  return new SallyportError('ERR_CONNECTION_INVALID', 'This link is for somebody else.', {
    remedy: 'Sign in as the person whose agent asked, or ignore the link.',
  });
}
