import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runLedger } from '../../src/roles/ledger.ts';
import { startControl } from '../../src/roles/control.ts';
import type { Figure } from '../figures.ts';
import { median } from '../figures.ts';

const HEAT = 100;
const TOKENS = 300;
const RESOURCE = 'https://localhost:7443/mcp/crm';

/** What the embedded issuer takes for one token, over its door: client proved, agent found, token signed, record durable, answer sent. */
export async function measureIssuing(): Promise<Figure[]> {
  const home = mkdtempSync('/tmp/bench-issuer-');
  const ledger = await runLedger({ home, strict: false });
  const control = await startControl({ home, listen: '127.0.0.1:0', insecureLoopback: true });
  try {
    const origin = control.url ?? '';
    const secret = await register(home, origin);
    const authorization = `Basic ${btoa(`bench:${secret}`)}`;
    const times: number[] = [];
    for (let index = 0; index < HEAT + TOKENS; index++) {
      const startedAt = performance.now();
      const body = new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE, scope: 'crm.read' });
      const answer = await fetch(`${origin}/oauth/token`, { method: 'POST', headers: { authorization }, body });
      const text = await answer.text();
      if (!text.includes('access_token')) throw new Error(`no token was issued: ${answer.status}`);
      if (index >= HEAT) times.push(performance.now() - startedAt);
    }
    const p50 = median(times);
    return [{ section: 'issuer', name: 'a token issued, p50', value: p50, unit: 'ms', target: '≤ 10 ms', met: p50 <= 10 }];
  } finally {
    await control.close();
    await ledger.close();
    rmSync(home, { recursive: true });
  }
}

async function register(home: string, origin: string): Promise<string> {
  const ask = async (path: string, body: object): Promise<string> => {
    const authorization = `Bearer ${readFileSync(join(home, 'control', 'admin.token'), 'utf8').trim()}`;
    const response = await fetch(`http://control/api/v1${path}`, {
      method: 'POST', unix: join(home, 'run', 'control', 'api.sock'), body: JSON.stringify(body),
      headers: { authorization, 'content-type': 'application/json' },
    });
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return response.text();
  };
  await ask('/servers', {
    id: 'crm', endpoint: { transport: 'http', url: 'https://crm.example/mcp', allowPrivate: false }, owner: 'bench', hosting: 'self', tier: 'internal',
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {},
  });
  const made = await ask('/clients', { id: 'bench', name: 'bench', authentication: 'client_secret_basic', grantTypes: ['client_credentials'] });
  const expiresAt = Math.floor(Date.now() / 1000 + 3600) * 1000;
  await ask('/agents', { id: 'bench', owner: 'bench', purpose: 'bench', clients: [`${origin}|bench`], allow: '*', expiresAt });
  return /"secret":"([^"]+)"/.exec(made)?.[1] ?? '';
}
