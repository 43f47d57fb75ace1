import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { generateKeyPair } from 'jose';
import { SallyportError } from '../domain/errors.ts';
import { need, readArguments, type Arguments } from './arguments.ts';
import { show, type Command, type Io } from './command.ts';
import { caOf } from './connect.ts';
import { apiOf, originOfApi } from './control-url.ts';
import { homeFolder } from './home.ts';
import { httpOver } from './http-over.ts';
import { findDesk, revokeGrant, signInByBrowser, signInByDevice, type Callback, type Desk, type Http, type PublicClient } from './oauth.ts';
import { openSignIns } from './sign-ins.ts';
import { plain, time } from './terminal.ts';

/** The client that every embedded issuer knows: this program, on whoever's machine. */
const OWN_CLIENT = 'sallyport-cli';

export const command: Command = {
  name: 'sign-in',
  summary: 'Signs a person in, at a gate\'s route for `connect URL` or at a control for all that asks it; tokens are bound to a key of this machine',
  usage: `sign-in URL [--device] [--scope NAME]... [--client-id ID] [--ca FILE]
sign-in --control URL [--device] [--scope admin.ACCESS]... [--ca FILE]
sign-in --out URL
sign-in --out --control URL`,
  async run(args, io) {
    const options = readArguments(command, args, {
      device: { type: 'boolean' }, out: { type: 'boolean' }, scope: { type: 'string', multiple: true }, 'client-id': { type: 'string' }, ca: { type: 'string' },
    });
    const control = options.positionals.length > 0 ? undefined : (options.control ?? io.env['SALLYPORT_CONTROL']);
    const url = control === undefined ? need(command, options.positionals[0], 'the URL of a server or toolset at a gate') : apiOf(control);
    const home = homeFolder(io.env, options.home);
    return options.flag('out') ? signOut(url, home, options, io) : signIn(url, home, options, io);
  },
};

async function signIn(url: string, home: string, options: Arguments, io: Io): Promise<number> {
  const ca = rootsOf(home, options, io);
  const http = httpOver(ca);
  const desk = await findDesk(url, http);
  // Extractable, since it outlives this process: the file that keeps it is for this user only.
  const keys = await generateKeyPair('ES256', { extractable: true });
  const client: PublicClient = { clientId: options.text('client-id') ?? OWN_CLIENT, keys };
  const scopes = options.list('scope').length > 0 ? options.list('scope') : desk.scopes;
  const granted = options.flag('device') ? await byDevice(desk, client, scopes, http, io) : await byBrowser(desk, client, scopes, http, io);
  await openSignIns(home).write({ resource: desk.resource, client, ca, ...granted });
  const { expiresAt, scope } = granted;
  const control = originOfApi(url);
  show(io, options.json, { resource: url, scope: scope ?? null, expiresAt }, () =>
    `Signed in at ${plain(url)}${scope === undefined ? '' : `, for ${plain(scope)}`}.\nThe token ends at ${time(expiresAt)} and is renewed while it is used. `
    + (control === undefined ? `Point a client at: sallyport connect ${url}\n` : `Ask it as yourself: sallyport status --control ${control}\n`));
  return 0;
}

function byDevice(desk: Desk, client: PublicClient, scopes: readonly string[], http: Http, io: Io): ReturnType<typeof signInByDevice> {
  return signInByDevice(desk, client, scopes, http, (at, code) => io.note(`Open ${plain(at)} on any device and confirm the code ${plain(code)}.`), io.signal);
}

async function byBrowser(desk: Desk, client: PublicClient, scopes: readonly string[], http: Http, io: Io): ReturnType<typeof signInByBrowser> {
  const door = await openCallback(io.signal);
  try {
    return await signInByBrowser(desk, client, scopes, http, door, (at) => io.note(`Open this address in a browser on this machine (or use --device):\n${at}`));
  } finally {
    door.close();
  }
}

/** Takes one answer on loopback, at a port of its own (RFC 8252 section 7.3). */
async function openCallback(signal: AbortSignal): Promise<Callback & { close(): void }> {
  const answer = Promise.withResolvers<URLSearchParams>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isAnswer = pathname === '/callback' && request.method === 'GET';
    response.writeHead(isAnswer ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8', 'referrer-policy': 'no-referrer', connection: 'close' });
    response.end(isAnswer ? 'You can close this page: the terminal goes on.\n' : 'Nothing here.\n');
    if (isAnswer) answer.resolve(searchParams);
  });
  const stop = (): void => answer.reject(new SallyportError('ERR_SIGN_IN', 'the sign-in was stopped'));
  signal.addEventListener('abort', stop, { once: true });
  // Nobody may be waiting for it yet when the person gives up.
  answer.promise.catch(() => undefined);
  const port = await new Promise<number>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const at = server.address();
      done(typeof at === 'object' && at !== null ? at.port : 0);
    });
  });
  const close = (): void => {
    signal.removeEventListener('abort', stop);
    server.close();
  };
  return { redirectUri: `http://127.0.0.1:${port}/callback`, answer: answer.promise, close };
}

async function signOut(url: string, home: string, options: Arguments, io: Io): Promise<number> {
  const signIns = openSignIns(home);
  const { client, refreshToken, ca } = await signIns.read(url);
  signIns.remove(url);
  const http = httpOver(ca);
  if (refreshToken !== undefined) await revokeGrant(await findDesk(url, http), client, refreshToken, http);
  show(io, options.json, { resource: url, signedOut: true }, () => `Signed out at ${plain(url)}: its tokens have ended.\n`);
  return 0;
}

/** `--ca`, else the local CA of this home's own gate; undefined: the system's roots. */
function rootsOf(home: string, options: Arguments, io: Io): string | undefined {
  const file = options.text('ca');
  if (file === undefined) return caOf(home);
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${file} can't be read`, { remedy: 'Give a PEM file with --ca.', cause });
  }
}
