import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readPlaybook } from '../../incident/playbook/read.ts';
import { checkSignatures, digestOfPlaybook } from '../../incident/playbook/sign.ts';
import { jsonText, show } from '../command.ts';
import { part, text } from '../json-view.ts';
import { readPlain } from '../plain-file.ts';
import { plain, table } from '../terminal.ts';
import type { Call } from '../verbs.ts';
import { needId } from './playbook-show.ts';

export async function importOne({ client, io, options, need, needText }: Call): Promise<number> {
  const source = await readPlain(resolve(io.cwd, need(1, 'the file')), LIMITS.playbookBytesMax);
  // Said here what is wrong with it, before it is sent anywhere.
  readPlaybook(source);
  const answer = await client.send('POST', '/playbooks', { text: source, reason: needText('reason') });
  show(io, options.json, answer, () => `${plain(text(part(answer, 'name')))} was taken in and signed. It is run by hand until you say otherwise.\n`);
  return 0;
}

export async function exportOne(call: Call): Promise<number> {
  const { client, io, options, need } = call;
  const playbook = part(await client.get(`/playbooks/${encodeURIComponent(await needId(call, need(1, 'the playbook')))}`), 'playbook') ?? null;
  const out = options.text('out');
  if (out === undefined) {
    io.out(`${jsonText(playbook, 2)}\n`);
    return 0;
  }
  const path = resolve(io.cwd, out);
  try {
    writeFileSync(path, `${jsonText(playbook, 2)}\n`, { flag: 'wx', mode: 0o644 });
  } catch (cause) {
    throw new SallyportError('ERR_USAGE', `${path} cannot be written, or is there already`, { remedy: 'Name a new file with --out.', cause });
  }
  show(io, options.json, { out: path }, () => `${plain(path)} has it, signed by this control: sallyport incident playbook verify ${plain(path)}\n`);
  return 0;
}

const BY_ITSELF = 'by itself when an incident of its kind is opened';

export async function automatic(call: Call): Promise<number> {
  const { client, io, options, need, needText } = call;
  const id = await needId(call, need(1, 'the playbook'));
  const answer = await client.send('PUT', `/playbooks/${encodeURIComponent(id)}`, { automatic: !options.flag('off'), reason: needText('reason') });
  show(
    io, options.json, answer,
    () => `${plain(text(part(answer, 'name')))} starts ${part(answer, 'automatic') === true ? BY_ITSELF : 'by hand'}.\n`,
  );
  return 0;
}

export async function remove(call: Call): Promise<number> {
  const { client, io, options, need } = call;
  const answer = await client.send('DELETE', `/playbooks/${encodeURIComponent(await needId(call, need(1, 'the playbook')))}`);
  show(io, options.json, answer, () => 'It is removed; if it ships with Sallyport, it is as it ships again.\n');
  return 0;
}

/** Without control: by the file alone, and the key that one trusts. */
export async function verify({ io, options, need }: Call): Promise<number> {
  const playbook = readPlaybook(await readPlain(resolve(io.cwd, need(1, 'the file')), LIMITS.playbookBytesMax));
  const signatures = checkSignatures(playbook, Date.now());
  const key = options.text('key');
  const isGood = signatures.every(({ valid }) => valid) && signatures.some((one) => key === undefined || one.key === key);
  show(io, options.json, {
    id: playbook.id, version: playbook.modified, digest: digestOfPlaybook(playbook), good: isGood, signatures: signatures.map((one) => ({ ...one })),
  }, () => [
    `${plain(playbook.name)}, version of ${playbook.modified}, ${digestOfPlaybook(playbook)}\n`,
    table(['signed by', 'key (SHA-256)', ''], signatures.map((one) => [one.signee, one.key, one.valid ? 'valid' : one.problem ?? ''])),
    isGood ? '' : key === undefined ? 'Nobody signed it, or a signature is not valid.\n' : 'That key did not sign it, or a signature is not valid.\n',
  ].join(''));
  return isGood ? 0 : 1;
}
