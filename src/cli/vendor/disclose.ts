import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LIMITS } from '../../domain/limits.ts';
import { placeOf } from '../../link/place.ts';
import { usageError } from '../arguments.ts';
import { show } from '../command.ts';
import { number, part, text } from '../json-view.ts';
import { readPlain } from '../plain-file.ts';
import { plain } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';

export const linked: Verb = {
  usage: 'link ID [--days 14]',
  options: { days: { type: 'string' } },
  run: async ({ io, options, client, need }) => {
    const days = Number(options.text('days') ?? 14);
    if (!Number.isSafeInteger(days)) throw usageError({ usage: `vendor ${linked.usage}` }, '--days is a number');
    const vendor = need(0, 'the vendor');
    const answer = await client.send('POST', `${pathOf(vendor)}/links`, { days });
    const door = client.control ?? (await readFile(join(placeOf(client.home, 'control'), 'door.url'), 'utf8').catch(() => '')).trim();
    show(io, options.json, answer, () => `${door}${text(part(answer, 'path'))}\n`);
    if (options.json) return 0;
    io.note(`Whoever has this link can answer for the vendor, once, within ${days} days. It is closed by:`);
    io.note(`  sallyport vendor unlink ${plain(vendor)} ${text(part(answer, 'link'))}`);
    if (door === '') io.note('Control has no door yet: set `control: { listen: 127.0.0.1:7444 }` in sallyport.yaml.');
    return 0;
  },
};

export const unlinked: Verb = {
  usage: 'unlink ID LINK',
  run: async ({ io, options, client, need }) => {
    const answer = await client.send('DELETE', `${pathOf(need(0, 'the vendor'))}/links/${encodeURIComponent(need(1, 'the link'))}`);
    show(io, options.json, answer, () => 'The link is closed.\n');
    return 0;
  },
};

export const disclosed: Verb = {
  usage: 'disclose ID FILE.yaml|FILE.csv [--dry-run]',
  options: { 'dry-run': { type: 'boolean' } },
  run: async ({ io, options, client, need }) => {
    const file = need(1, 'the file');
    const answer = await client.send('POST', `${pathOf(need(0, 'the vendor'))}/disclosure`, {
      file, text: await readPlain(resolve(io.cwd, file), LIMITS.vendorDisclosureBytesMax), dryRun: options.flag('dry-run'),
    });
    show(io, options.json, answer, () => {
      if (options.flag('dry-run')) return 'The file is a disclosure. Nothing was taken.\n';
      return accountOf({ answers: text(part(answer, 'answers')), missing: text(part(answer, 'missing')) });
    });
    return 0;
  },
};

export const accepted: Verb = {
  usage: 'accept ID --digest DIGEST\n          DIGEST: of what `vendor show ID` showed',
  options: { digest: { type: 'string' } },
  run: async ({ io, options, client, need, needText }) => {
    const answer = await client.send('POST', `${pathOf(need(0, 'the vendor'))}/accept`, { digest: needText('digest') });
    show(io, options.json, answer, () => accountOf({ answers: text(part(answer, 'answers')), missing: text(part(answer, 'missing')) }));
    return 0;
  },
};

function accountOf({ answers, missing }: { readonly answers: string; readonly missing: string }): string {
  return `${answers} answers are in force.${missing === '' ? '' : ` Not answered, so that the disclosure is not valid: ${plain(missing)}.`}\n`;
}

export const refused: Verb = {
  usage: 'refuse ID',
  run: async ({ io, options, client, need }) => {
    const answer = await client.send('DELETE', `${pathOf(need(0, 'the vendor'))}/submitted`);
    show(io, options.json, answer, () => 'What the vendor sent is refused.\n');
    return 0;
  },
};

export const attested: Verb = {
  usage: 'attest ID --reason WHY',
  options: { reason: { type: 'string' } },
  run: async ({ io, options, client, need, needText }) => {
    const answer = await client.send('POST', `${pathOf(need(0, 'the vendor'))}/attest`, { reason: needText('reason') });
    const [at, why] = [part(answer, 'due', 'at'), plain(text(part(answer, 'due', 'why')))];
    show(io, options.json, answer, () => `You vouched that all of it still holds. ${at === undefined ? `Not valid for all that: ${why}` : `Due again on ${
      new Date(number(at)).toISOString().slice(0, 10)}: ${why}`}.\n`);
    return 0;
  },
};

export const noted: Verb = {
  usage: `event ID EVENT --note WHAT
          EVENT: breach-notice, issuer-changed, domain-changed, certificate-changed, tool-drift, protocol-changed, advisory`,
  options: { note: { type: 'string' } },
  run: async ({ io, options, client, need, needText }: Call) => {
    const answer = await client.send('POST', `${pathOf(need(0, 'the vendor'))}/events`, { event: need(1, 'the event'), note: needText('note') });
    show(io, options.json, answer, () => (part(answer, 'noted') === true ? 'Noted: it must be vouched for anew.\n' : 'The same is open already.\n'));
    return 0;
  },
};

function pathOf(vendor: string): string {
  return `/vendors/${encodeURIComponent(vendor)}`;
}
