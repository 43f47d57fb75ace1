import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as oauth from 'oauth4webapi';
import { freePort } from '../../../test/fixtures/free-port.ts';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { InteractionResult } from '../../identity/issuer/interaction.ts';
import { runLedger } from '../../roles/ledger.ts';
import { startControl, type ControlRole } from '../../roles/control.ts';
import { removeHome } from '../../../test/fixtures/record-judge.ts';

/** A control with its door and issuer, a real ledger, and what a browser and an OAuth client do there. */
export interface IssuerFixture {
  readonly home: string;
  readonly origin: string;
  readonly role: ControlRole;
  readonly server: oauth.AuthorizationServer;
  readonly api: (method: string, path: string, body?: JsonObject) => Promise<JsonObject>;
  /** Registers a client (`metadata` as `POST /clients`) and an agent that it is. */
  readonly client: (id: string, metadata: JsonObject) => Promise<JsonObject>;
  readonly agent: (id: string, client: string, more?: JsonObject) => Promise<void>;
  readonly person: (id: string, groups?: readonly string[], more?: JsonObject) => Promise<void>;
  readonly records: (event: string) => Promise<readonly JsonObject[]>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Where the fixture's servers `crm` and `mail` and its toolset `desk` are at the gate. */
const GATE = 'https://localhost:7443';
export const CRM = `${GATE}/mcp/crm`;
export const MAIL = `${GATE}/mcp/mail`;
export const DESK = `${GATE}/mcp/t/desk`;

export const LOOPBACK = { [oauth.allowInsecureRequests]: true } as const;

export async function openIssuerFixture(databaseUrl?: string): Promise<IssuerFixture> {
  const home = mkdtempSync('/tmp/sp-issuer-');
  const ledger = await runLedger({ home, strict: false });
  const listen = `127.0.0.1:${freePort()}`;
  const start = (): Promise<ControlRole> => startControl({ home, listen, insecureLoopback: true, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
  let role = await start();
  const origin = role.url ?? '';
  const api = (method: string, path: string, body?: JsonObject): Promise<JsonObject> => ask(home, method, path, body);
  for (const id of ['crm', 'mail']) await api('POST', '/servers', serverOf(id));
  await api('PUT', '/toolsets/desk', { members: ['crm', 'mail'].map((server) => ({ server, tools: '*', prompts: [], resources: false })) });
  const agent = async (id: string, client: string, more: JsonObject = {}): Promise<void> => {
    const expiresAt = Math.floor(Date.now() / 1000 + 86_400) * 1000;
    await api('PUT', `/agents/${id}`, { owner: 'tests', purpose: 'tests', clients: [`${origin}|${client}`], allow: '*', expiresAt, ...more });
  };
  return {
    home, origin, api, agent,
    get role() {
      return role;
    },
    server: await oauth.processDiscoveryResponse(new URL(origin), await oauth.discoveryRequest(new URL(origin), { algorithm: 'oauth2', ...LOOPBACK })),
    client: async (id, metadata) => {
      const made = await api('POST', '/clients', { id, name: id, ...metadata });
      await agent(id, id);
      return made;
    },
    person: async (id, groups = [], more = {}) => {
      const at = Date.now();
      const body = { userName: id, active: true, source: 'local', groups, createdAt: at, changedAt: at, ...more };
      await role.control.store.put('person', 'default', id, body, { by: 'tests' });
    },
    records: (event) => Promise.resolve(journalOf(home, { event })),
    restart: async () => {
      await role.close();
      role = await start();
    },
    stop: async () => {
      await role.close();
      await ledger.close();
      removeHome(home);
    },
  };
}

async function ask(home: string, method: string, path: string, body: JsonObject | undefined): Promise<JsonObject> {
  const response = await fetch(`http://control/api/v1${path}`, {
    method, unix: join(home, 'run', 'control', 'api.sock'),
    headers: { authorization: `Bearer ${readFileSync(join(home, 'control', 'admin.token'), 'utf8').trim()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: Json = JSON.parse(await response.text());
  if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
  return isObject(answer) ? answer : {};
}

function serverOf(id: string): JsonObject {
  return {
    id, endpoint: { transport: 'http', url: `https://${id}.example/mcp`, allowPrivate: false }, owner: 'tests', hosting: 'self', tier: 'internal',
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {},
  };
}

/** Where a browser came to rest: a client's redirect (`status` 0), or a page of the issuer. */
export interface Landed {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

/** A person's browser: keeps cookies, goes where it is sent at the issuer, and stops where it would leave. */
export class Browser {
  readonly #jar = new Map<string, { readonly value: string; readonly path: string }>();
  readonly #fixture: IssuerFixture;
  readonly person: string;

  constructor(fixture: IssuerFixture, person: string) {
    this.#fixture = fixture;
    this.person = person;
  }

  /** From an address of the issuer to where the browser is sent in the end. */
  async go(start: string | URL, answer: 'agree' | 'refuse' = 'agree', scopes?: readonly string[]): Promise<Landed> {
    let url = new URL(start);
    for (let hop = 0; hop < 10; hop += 1) {
      if (url.origin !== this.#fixture.origin) return { url, status: 0, text: '' };
      const uid = /^\/sign-in\/([^/]+)$/.exec(url.pathname)?.[1];
      if (uid !== undefined) {
        url = new URL(await this.#answer(url, uid, answer, scopes), url);
        continue;
      }
      const response = await this.fetch(url);
      const location = response.headers.get('location');
      if (location === null) return { url, status: response.status, text: await response.text() };
      url = new URL(location, url);
    }
    throw new Error('sent in a circle');
  }

  async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const to = new URL(url);
    const headers = new Headers(init.headers);
    headers.set('accept', 'text/html');
    headers.set('cookie', this.cookies(to.pathname));
    const response = await fetch(to.href, { ...init, redirect: 'manual', headers });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    return response;
  }

  cookies(path: string): string {
    return [...this.#jar].filter(([, { path: at }]) => path.startsWith(at)).map(([key, { value }]) => `${key.split(' ')[0] ?? ''}=${value}`).join('; ');
  }

  async #answer(url: URL, uid: string, answer: 'agree' | 'refuse', scopes?: readonly string[]): Promise<string> {
    const interactions = this.#fixture.role.control.interactions();
    const request = new Request(url.href, { headers: { cookie: this.cookies(url.pathname) } });
    const pending = await interactions.details(request, uid);
    if (pending.prompt === 'login') {
      return (await interactions.finish(request, uid, { kind: 'signed-in', person: this.person, signedInAt: Date.now(), acr: 'pwd', amr: ['pwd'] })).url;
    }
    const result: InteractionResult = answer === 'refuse' ? { kind: 'refused' } : { kind: 'agreed', person: this.person, scopes: scopes ?? pending.scopes };
    return (await interactions.finish(request, uid, result)).url;
  }

  #keep(cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const path = attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    this.#jar.set(`${pair.slice(0, at)} ${path}`, { value: pair.slice(at + 1), path });
  }
}
