import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, RequestListener } from 'node:http';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeOf } from '../link/place.ts';
import type { ApiEntry } from './admins/api-door.ts';
import type { Certify } from './certify.ts';
import type { Control } from './control.ts';
import { addressOf } from './door-exchange.ts';
import { openDoor, type Door } from './door.ts';
import { readNetwork } from './manifest/settings.ts';

/** Where control's door is to be. */
export interface SiteAddress {
  readonly hostname: string;
  readonly port: number;
  /** Plain HTTP, on loopback only. */
  readonly insecureLoopback: boolean;
}

export interface SiteParts {
  readonly home: string;
  readonly control: Control;
  readonly certify: Certify;
  readonly api: ApiEntry;
  readonly openIssuer: (origin: string, addressOf: (incoming: IncomingMessage) => string) => Promise<RequestListener>;
  readonly report: (line: string) => void;
}

/** What `scripts/console` builds, beside the program. */
const CONSOLE = join(import.meta.dir, '..', '..', 'console', 'dist');
const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** Opens control's door and writes where it is to `run/control/door.url`. The TLS key is made here and never leaves this process. Throws `ERR_LISTEN`. */
export async function openSite(address: SiteAddress, parts: SiteParts): Promise<Door> {
  const { hostname, port, insecureLoopback } = address;
  const network = await readNetwork(parts.control.store);
  const publicUrl = network.control?.publicUrl;
  const names = new Set([...LOOPBACK, hostname, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')])]);
  const door = await openDoor({
    hostname, port, trustedProxy: network.trustedProxy,
    tls: insecureLoopback ? undefined : await certified([...names].filter((name) => !/^(0\.0\.0\.0|::)$/.test(name)), parts.certify),
    publicUrlAt: (at) => publicUrl ?? `${insecureLoopback ? 'http' : 'https'}://localhost:${at}`,
    control: parts.control, api: parts.api, consoleFolder: CONSOLE, report: parts.report,
    openIssuer: (url) => parts.openIssuer(url, (incoming) => addressOf(incoming, network.trustedProxy)),
  });
  const file = join(placeOf(parts.home, 'control'), 'door.url');
  writeFileSync(file, `${door.url}\n`, { mode: 0o600 });
  return {
    url: door.url,
    close: async () => {
      rmSync(file, { force: true });
      await door.close();
    },
  };
}

async function certified(names: readonly string[], certify: Certify): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = await certify(publicKey.export({ type: 'spki', format: 'pem' }), names);
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
}
