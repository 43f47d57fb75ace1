import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { part, text } from '../cli/json-view.ts';
import { connectLink } from '../link/connect.ts';
import type { Link } from '../link/connect.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { serveLink } from '../link/serve.ts';
import type { LinkServer } from '../link/serve.ts';
import { writeSurface } from '../registry/surface.ts';
import type { Kind } from '../store/store.ts';
import type { Control } from './control.ts';
import { startControl } from '../roles/control.ts';
import type { ControlRole } from '../roles/control.ts';
import { runLedger } from '../roles/ledger.ts';
import type { LedgerRole } from '../roles/ledger.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

/** A control with its real store and a real ledger, and something that stands at the gateway's socket and answers reads. */
export interface ControlFixture {
  readonly home: string;
  readonly role: ControlRole;
  readonly ledger: LedgerRole;
  /** What the gateway's link sees of control. */
  readonly asGateway: Link;
  /** What each server says when it is read; tests change it. */
  readonly says: Map<string, JsonObject>;
  /** What each server does when it is examined; one that is not here refuses as it should. */
  readonly exposes: Map<string, JsonObject>;
  /** One request to the API; `body` is the answer whatever the status. */
  readonly api: (method: string, path: string, body?: JsonObject, token?: string) => Promise<{ readonly status: number; readonly body: JsonObject }>;
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openControl(): Promise<ControlFixture> {
  const home = mkdtempSync('/tmp/sp-control-');
  const ledger = await runLedger({ home, strict: false });
  const says = new Map<string, JsonObject>();
  const exposes = new Map<string, JsonObject>();
  ensureRoleKey(home, 'gateway');
  const gateway = await serveReads(home, says, exposes);
  let role = await startControl({ home });
  let asGateway = connectLink({ home, self: 'gateway', peer: 'control' });
  return {
    home, ledger, says, exposes,
    get asGateway() {
      return asGateway;
    },
    get role() {
      return role;
    },
    api: (method, path, body, token) => request(home, method, path, body, token),
    restart: async () => {
      await role.close();
      asGateway.close();
      role = await startControl({ home });
      asGateway = connectLink({ home, self: 'gateway', peer: 'control' });
    },
    close: async () => {
      asGateway.close();
      await role.close();
      await gateway.close();
      await ledger.close();
      removeHome(home);
    },
  };
}

async function serveReads(home: string, says: ReadonlyMap<string, JsonObject>, exposes: ReadonlyMap<string, JsonObject>): Promise<LinkServer> {
  const good = { answersUnauthenticated: false, acceptsForeignOrigin: false };
  const read = (id: string): Json => ({ surface: says.get(id) ?? null, exposure: exposes.get(id) ?? good });
  return serveLink({ home, self: 'gateway', handlers: { 'gateway.read': { call: (body) => read(text(part(body, 'server'))) } } });
}

async function request(home: string, method: string, path: string, body: JsonObject | undefined, token: string | undefined): ReturnType<ControlFixture['api']> {
  const authorization = `Bearer ${token ?? readFileSync(join(home, 'control', 'admin.token'), 'utf8').trim()}`;
  const response = await fetch(`http://control/api/v1${path}`, {
    method, unix: join(home, 'run', 'control', 'api.sock'),
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: Json = JSON.parse(await response.text());
  return { status: response.status, body: isObject(answer) ? answer : {} };
}

/** Everything a small server says: `tools` by name and description. */
export function surfaceSaying(tools: Readonly<Record<string, JsonObject>>): JsonObject {
  return writeSurface({
    revision: '2025-11-25', eras: ['legacy'],
    hello: { protocolVersion: '2025-11-25', serverInfo: { name: 'crm', version: '1' }, capabilities: { tools: {} } },
    tools: [{ tools: Object.entries(tools).map(([name, more]) => ({ name, description: `Does ${name}.`, inputSchema: { type: 'object' }, ...more })) }],
    prompts: [], templates: [],
  });
}

/** The body of `POST /servers` for an HTTP server. */
export function crm(id: string, more: JsonObject = {}): JsonObject {
  return {
    id, endpoint: { transport: 'http', url: `https://${id}.example/mcp`, allowPrivate: false }, owner: 'sales@example.com', hosting: 'self', tier: 'internal',
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {}, ...more,
  };
}

/** Writes a row of the configuration as control itself does, so that it is signed; what is put past that is tampering. */
export async function configure(control: Control, kind: Kind, space: string, id: string, body: Json): Promise<void> {
  const by = { admin: { id: 'sallyport|tests', may: [] }, space };
  await control.change(by, { resource: kind, id, verb: 'put' }, (rows) => rows.put(kind, space, id, body, { by: 'tests' }));
}
