import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { checkDetection } from '../../detect/edition/kit.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { writeBundle } from '../../knowledge/bundle.ts';
import { publicHalf } from '../../recovery/order.ts';
import type { Tables } from '../../knowledge/shape.ts';
import { show } from '../command.ts';
import type { Io } from '../command.ts';
import { part, text } from '../json-view.ts';
import { usageError } from '../arguments.ts';
import { plain } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { readBundleFile } from './bundle-file.ts';
import { wholeTables } from './current.ts';
import { readPlain } from '../plain-file.ts';
import { readSigningKey } from './signing-key.ts';

export const imported: Verb = {
  usage: 'import FILE',
  run: async ({ io, options, client, need }) => {
    const { text: bundle } = await readBundleFile(io, need(0, 'the bundle'));
    const answer = await client.send('POST', '/knowledge/bundles', { bundle });
    show(io, options.json, answer, () =>
      `Edition ${text(part(answer, 'sequence'))}, signed by ${plain(text(part(answer, 'signers')))}, is version ${text(part(answer, 'number'))} here.\n`);
    return 0;
  },
};

export const rollback: Verb = {
  usage: 'rollback VERSION --reason WHY\n          VERSION: as `knowledge history` counts them; 0 is what ships with the program',
  options: { reason: { type: 'string' } },
  run: async ({ io, options, client, need, needText }) => {
    const version = need(0, 'the version');
    if (!/^\d{1,9}$/.test(version)) throw usageError({ usage: `knowledge ${rollback.usage}` }, 'the version is a number');
    const answer = await client.send('POST', '/knowledge/rollback', { number: Number(version), reason: needText('reason') });
    show(io, options.json, answer, () => `Edition ${text(part(answer, 'sequence'))} is in force again, as version ${text(part(answer, 'number'))}.\n`);
    return 0;
  },
};

export const bundled: Verb = {
  usage: `bundle --key FILE --by NAME --out FILE [--sequence N] [--secret-rules FILE] [--weights FILE] [--shipped-detection]
          signs what is in force here, for other gates. FILE: an Ed25519 key (PEM) that nobody else can read; NAME: as their sallyport.yaml calls it.
          --secret-rules, --weights: what detectors are made of from then on; --shipped-detection: what ships with each program`,
  options: {
    key: { type: 'string' }, by: { type: 'string' }, out: { type: 'string' }, sequence: { type: 'string' },
    'secret-rules': { type: 'string' }, weights: { type: 'string' }, 'shipped-detection': { type: 'boolean' },
  },
  run: async ({ io, options, client, needText }) => {
    const key = await readSigningKey(resolve(io.cwd, needText('key')));
    const { tables: { detection: inForce, ...tables } } = await wholeTables(client);
    const detection = await detectionOf(io, options, options.flag('shipped-detection') ? {} : inForce ?? {});
    const sequence = Number(options.text('sequence') ?? tables.sequence + 1);
    if (!Number.isSafeInteger(sequence) || sequence < 1) throw usageError({ usage: `knowledge ${bundled.usage}` }, '--sequence is a number');
    const out = resolve(io.cwd, needText('out'));
    const by = needText('by');
    const bundle = writeBundle({ ...tables, ...detection, sequence, issuedAt: new Date().toISOString() }, by, key);
    await writeFile(out, bundle, { flag: 'wx' }).catch((cause: unknown) => {
      throw new SallyportError('ERR_FILE_CHANGED', `${out} could not be made`, { remedy: 'Name a file that is not there yet.', cause });
    });
    const publicKey = publicHalf(key);
    show(io, options.json, { file: out, sequence, publicKey }, () =>
      `${plain(out)} holds edition ${sequence}. Gates that are to take it name the key in sallyport.yaml:\n`
      + `  knowledge: { keys: { ${plain(by)}: "${publicKey}" } }\n`);
    return 0;
  },
};

/** What the bundle is to bring for detection, checked as a gate will check it. Throws `ERR_VERIFY_FAILED`. */
async function detectionOf(io: Io, options: Call['options'], inForce: Readonly<Record<string, unknown>>): Promise<Pick<Tables, 'detection'>> {
  const given = async (option: string, member: string): Promise<JsonObject> => {
    const name = options.text(option);
    return name === undefined ? {} : { [member]: parsed(await readPlain(resolve(io.cwd, name), LIMITS.knowledgeCharsMax)) };
  };
  const whole = { ...inForce, ...(await given('secret-rules', 'secretRules')), ...(await given('weights', 'textModel')) };
  if (Object.keys(whole).length === 0) return {};
  return { detection: { ...checkDetection(whole) } };
}

/** What is no JSON is refused like what has another form. */
function parsed(content: string): Json {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}
