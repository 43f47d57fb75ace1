import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findExchange } from '../../audit/offline/find-exchange.ts';
import { ledgerFolder, logIdentity, signedIn } from '../../audit/offline/locate.ts';
import { checkProof, writeTlogProof } from '../../audit/offline/tlog-proof.ts';
import type { RecordProof } from '../../audit/offline/tlog-proof.ts';
import { proveEntries } from '../../audit/prove.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { withProgress } from '../progress.ts';
import { table } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { revealed } from './reveal.ts';

export const prove: Verb = {
  usage: 'prove <EXCHANGE> [--out FOLDER] [--offline FOLDER] [--key VKEY] [--reveal --reason WHY]',
  options: { out: { type: 'string' }, offline: { type: 'string' }, key: { type: 'string' }, reveal: { type: 'boolean' }, reason: { type: 'string' } },
  run: async (call) => {
    const { io, options, need } = call;
    const exchange = need(0, 'the exchange');
    const offline = options.text('offline');
    const { vkey, proofs } = await withProgress(io, 'proving', () => (offline === undefined ? online(call, exchange) : fromFolder(call, exchange, offline)));
    if (proofs.length === 0) {
      throw new SallyportError('ERR_NOT_FOUND', 'no record of that exchange is here', {
        remedy: 'See `sallyport audit query`. Erased records name no exchange.',
      });
    }
    for (const proof of proofs) checkProof(proof, vkey);
    const out = options.text('out');
    if (out !== undefined) write(resolve(io.cwd, out), vkey, proofs);
    show(io, options.json, { exchange, vkey, proofs: proofs.map((proof) => ({ ...proof })) }, () => {
      const rows = proofs.map(({ position, leaf, line, event }) => [position, event, leaf, line === undefined ? 'names are hidden: --reveal' : 'disclosed']);
      return `${table(['position', 'event', 'commitment in the log', 'line'], rows)}Each is in the log of ${vkey.split('+')[0] ?? ''}.\n`;
    });
    return 0;
  },
};

interface Proofs {
  readonly vkey: string;
  readonly proofs: readonly RecordProof[];
}

async function online(call: Call, exchange: string): Promise<Proofs> {
  const answer = await call.client.get(`/audit/exchanges/${encodeURIComponent(exchange)}/proof`, await revealed(call));
  const note = text(part(answer, 'note'));
  const proofs = objects(part(answer, 'records')).map((record) => {
    const line = text(record['line']);
    const hashes = objectsOf(record['proof']);
    const event = text(part(record, 'record', 'event'));
    return { position: Number(record['position']), event, leaf: text(record['leaf']), note, proof: hashes, ...(line === '' ? {} : { line }) };
  });
  return { vkey: call.options.text('key') ?? text(part(answer, 'vkey')), proofs };
}

function objectsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

async function fromFolder({ io, options }: Call, exchange: string, folder: string): Promise<Proofs> {
  const dir = ledgerFolder(resolve(io.cwd, folder));
  const identity = logIdentity(dir, options.text('key'));
  const signed = signedIn(dir, identity);
  const positions = (await findExchange(dir, exchange)).filter((position) => position < signed.size);
  const proofs = await proveEntries(dir, signed, positions);
  return {
    vkey: identity.vkey,
    proofs: proofs.map((proof) => {
      const read: Json = JSON.parse(proof.line);
      const leaf = isObject(read) ? text(read['leaf']) : '';
      return { ...proof, leaf, event: text(part(read, 'record', 'event')) };
    }),
  };
}

/** One C2SP tlog-proof a record, and beside it the line that its entry commits to. */
function write(folder: string, vkey: string, proofs: readonly RecordProof[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'vkey'), `${vkey}\n`);
  for (const proof of proofs) {
    writeFileSync(join(folder, `${proof.position}.tlog-proof`), writeTlogProof(proof));
    if (proof.line !== undefined) writeFileSync(join(folder, `${proof.position}.json`), proof.line);
  }
}
