import type { SallyportError } from '../domain/errors.ts';
import { toRecord, type Happening } from '../domain/happening.ts';
import type { Journal, JournalRecord } from '../domain/record.ts';
import type { ServerName } from './permission.ts';
import type { Refusal } from './teller.ts';

/** One connection, as far as it is known. */
export interface Contact extends ServerName {
  /** UUIDv7; what is on record of it stands under this. */
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

/** How a connection ended. */
export interface Ended {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly openMs: number;
  /** In words: `the server closed it`, `idle`, … */
  readonly how: string;
  /** Of what ended it against both sides' will. */
  readonly code?: SallyportError['code'];
}

/** What is written down of local servers' connections. */
export interface EgressTrail {
  /** Resolves when it is on record; rejects: then nothing may be sent. */
  opened(contact: Contact, addresses: readonly string[], noted: { readonly serverName?: string; readonly ech?: true }): Promise<void>;
  /** Never rejects. */
  closed(contact: Contact, address: string, ended: Ended): Promise<void>;
  /** Never rejects; floods are counted. `port`: absent for a name that was only asked for. */
  refused(contact: Omit<Contact, 'port'> & { readonly port?: number }, fault: SallyportError): Promise<void>;
}

export interface TrailParts {
  readonly journal: Journal;
  /** This egress's name among those of its kind. */
  readonly node: string;
  /** Takes refusals of one server, as many as may stand alone, and counts the others. */
  readonly floodsOf: (server: ServerName) => { refuse(record: JournalRecord): Promise<void> };
  /** Told of each refusal: people see it on the server. */
  readonly tell: (refusal: Refusal) => void;
  readonly now?: () => number;
}

export function createEgressTrail({ journal, node, floodsOf, tell, now = Date.now }: TrailParts): EgressTrail {
  const record = ({ space, server, id }: Omit<Contact, 'host' | 'port'>, what: Omit<Happening, 'space'>): JournalRecord =>
    toRecord({ id: Bun.randomUUIDv7(), at: now(), node, exchange: id, space, server, ...what });
  return {
    async opened(contact, addresses, noted) {
      const { host, port } = contact;
      const [address = '', ...others] = addresses;
      const detail = { host, port, ...noted, ...(others.length === 0 ? {} : { others }) };
      await journal.append(record(contact, { event: 'connection.opened', address, detail }));
    },
    async closed(contact, address, { how, code, ...counted }) {
      const { host, port } = contact;
      const what = { event: 'connection.closed', address, ...(code === undefined ? {} : { code }), detail: { host, port, ended: how, ...counted } } as const;
      await journal.append(record(contact, what)).then(() => undefined, () => undefined);
    },
    async refused(contact, { code, message }) {
      const { space, server, host, port } = contact;
      const at = { host, ...(port === undefined ? {} : { port }) };
      const place = port === undefined ? host : `${host}:${port}`;
      tell({ space, server, code, ...at });
      const refusal = record(contact, { event: 'connection.refused', code, reason: place === '' ? message : `${place}: ${message}`, detail: at });
      await floodsOf(contact).refuse(refusal).catch(() => undefined);
    },
  };
}
