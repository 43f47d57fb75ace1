import { readManifestFiles } from '../../control/manifest/files.ts';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import { differencesBetween } from '../../redteam/compare.ts';
import { CONTROLS } from '../../redteam/control-table.ts';
import type { Control } from '../../redteam/controls.ts';
import { byTechnique } from '../../redteam/judge.ts';
import type { ModelEndpoint } from '../../redteam/agent/model.ts';
import { SCRIPTED, type RunReport } from '../../redteam/outcome.ts';
import type { RangeConfiguration } from '../../roles/range/configuration.ts';
import type { Rehearsed } from '../../roles/range/rehearse.ts';
import { usageError } from '../arguments.ts';
import { show as print } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { readPlain } from '../plain-file.ts';
import { stoppable } from '../stoppable.ts';
import type { Call, Verb } from '../verbs.ts';
import { chosen, readAll } from './choose.ts';
import { reportOf } from './stored-report.ts';
import { tryAll } from './trying.ts';
import { describeRun } from './view.ts';
import { FORMS, writeForms } from './write.ts';

const USAGE = `run [--only ID,TECHNIQUE,CLASS] [--scenarios FILE]... [--shipped | -f sallyport.yaml] [--seed WORD] [--without CONTROL]
      [--before FILE] [--ci] [--submit] [--model URL --model-name NAME] [--adaptive ATTEMPTS] [--html FILE] [--junit FILE] [--report FILE]
    against the configuration in force, unless --shipped (what ships) or a file is named; --ci: exit code 1 for a red line, or for anything that
    got worse since the run before (of --before, or the last one that was handed in); --submit: hand it in although it is not of the one in force;
    --without: what it would be like without one control; --model: a model behind an OpenAI-compatible endpoint in place of the agent that
    obeys everything, its key in SALLYPORT_MODEL_KEY; --adaptive: after the scenarios, so many attempts of an attacker that searches`;

export const run: Verb = {
  usage: USAGE,
  options: {
    only: { type: 'string' }, scenarios: { type: 'string', multiple: true }, shipped: { type: 'boolean' }, file: { type: 'string', short: 'f' },
    seed: { type: 'string' }, adaptive: { type: 'string' }, before: { type: 'string' }, without: { type: 'string' },
    model: { type: 'string' }, 'model-name': { type: 'string' }, ci: { type: 'boolean' }, submit: { type: 'boolean' }, ...FORMS,
  },
  async run(call) {
    const { options, io } = call;
    const scenarios = chosen(await readAll(options.list('scenarios')), options.text('only'), `redteam ${USAGE}`);
    const attempts = attemptsIn(options.text('adaptive'));
    const before = await readBefore(options.text('before'));
    const { source, configuration } = await readConfiguration(call);
    const [model, without] = [modelOf(call), withoutOf(call)];
    const seed = options.text('seed') ?? Bun.randomUUIDv7();
    const startedAt = Date.now();
    const done = await stoppable(io, tryAll(call, {
      scenarios, attempts, seed, ...(configuration === undefined ? {} : { configuration }), ...(model === undefined ? {} : { model }),
      ...(without === undefined ? {} : { without }),
    }), 'Start it anew.');
    const agent = model === undefined ? SCRIPTED : `model ${model.model}`;
    const report = await finished(call, before, {
      startedAt, endedAt: Date.now(), seed, source, agent, ...done, ...(without === undefined ? {} : { without: without.id }),
    });
    await writeForms(options, report);
    print(io, options.json, JSON.parse(JSON.stringify(report)), () => describeRun(report));
    const isWorse = report.results.some(({ red }) => red !== undefined) || report.differences.some(({ regressed }) => regressed);
    return options.flag('ci') && isWorse ? 1 : 0;
  },
};

function withoutOf({ options }: Call): Control | undefined {
  const id = options.text('without');
  if (id === undefined) return undefined;
  const control = CONTROLS.find((one) => one.id === id);
  const known = CONTROLS.filter(({ off }) => off.by !== 'code').map((one) => one.id).join(', ');
  if (control === undefined) throw usageError({ usage: `redteam ${USAGE}` }, `there is no control ${id}; they are ${known}`);
  if (control.off.by === 'code') throw usageError({ usage: `redteam ${USAGE}` }, `no configuration does without ${id}; what can be tried is ${known}`);
  return control;
}

/** Elsewhere than on this machine only encrypted: what scenarios say, and the key, go there. */
function modelOf({ options, io }: Call): ModelEndpoint | undefined {
  const [url, model, key] = [options.text('model'), options.text('model-name'), io.env['SALLYPORT_MODEL_KEY']];
  if (url === undefined && model === undefined) return undefined;
  if (url === undefined || model === undefined) throw usageError({ usage: `redteam ${USAGE}` }, '--model and --model-name belong together');
  const place = URL.canParse(url) ? new URL(url) : undefined;
  if (place?.protocol !== 'https:' && !(place?.protocol === 'http:' && isLoopbackHost(place.hostname))) {
    throw usageError({ usage: `redteam ${USAGE}` }, '--model is an https URL, or an http one on this machine');
  }
  return { url, model, ...(key === undefined ? {} : { key }) };
}

function attemptsIn(said = '0'): number {
  const attempts = Number(said);
  if (Number.isInteger(attempts) && attempts >= 0 && attempts <= LIMITS.redteamAttemptsMax) return attempts;
  throw usageError({ usage: `redteam ${USAGE}` }, `--adaptive takes a number of attempts, at most ${LIMITS.redteamAttemptsMax}`);
}

async function readBefore(file: string | undefined): Promise<RunReport | undefined> {
  if (file === undefined) return undefined;
  const written = await readPlain(file, LIMITS.redteamReportCharsMax);
  try {
    return reportOf(JSON.parse(written));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SallyportError('ERR_REQUEST_INVALID', `${file} is no JSON`, { remedy: 'Name what `redteam run --report FILE` wrote.', cause });
  }
}

type Done = Omit<RunReport, 'id' | 'techniques' | 'differences' | 'before'> & Rehearsed;

/** Compared with the run before: by control, which keeps it, or with a file. */
async function finished({ options, client }: Call, before: RunReport | undefined, done: Done): Promise<RunReport> {
  if (before === undefined && ((done.source === 'live' && done.without === undefined) || options.flag('submit'))) {
    const body: Json = JSON.parse(JSON.stringify(done));
    return reportOf(await client.send('POST', '/redteam/runs', isObject(body) ? body : {}));
  }
  const differences = before === undefined ? [] : differencesBetween(before, done.results);
  return { ...done, id: Bun.randomUUIDv7(), techniques: byTechnique(done.results), differences, ...(before === undefined ? {} : { before: before.id }) };
}

/** What is tried: by `--shipped`, by a file, or else the configuration in force. Throws `ERR_NOT_RUNNING`, `ERR_CONFIG_*`. */
export async function readConfiguration(
  { options, client }: Pick<Call, 'options' | 'client'>,
): Promise<{ readonly source: RunReport['source']; readonly configuration?: RangeConfiguration }> {
  const file = options.text('file');
  if (options.flag('shipped')) return { source: 'shipped' };
  if (file !== undefined) return { source: 'file', configuration: await readManifestFiles(file) };
  try {
    const answer = await client.get('/manifest');
    const policies = objects(part(answer, 'policies')).map((one: JsonObject) => ({ file: text(one['file']), text: text(one['text']) }));
    return { source: 'live', configuration: { text: text(part(answer, 'text')), policies } };
  } catch (fault) {
    if (!(fault instanceof SallyportError) || fault.code !== 'ERR_NOT_RUNNING') throw fault;
    throw new SallyportError('ERR_NOT_RUNNING', 'there is no gate whose configuration could be tried', {
      remedy: 'Start it with `sallyport up`, or name what to try: --shipped, or -f sallyport.yaml.', cause: fault,
    });
  }
}
