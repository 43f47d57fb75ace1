import { setTimeout as after } from 'node:timers/promises';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { show } from '../command.ts';
import { number, objects, part, text } from '../json-view.ts';
import { plain } from '../terminal.ts';
import type { Call } from '../verbs.ts';
import { describeRun, needId } from './playbook-show.ts';

export async function run(call: Call): Promise<number> {
  const { client, options, need, needText } = call;
  const id = await needId(call, need(1, 'the playbook'));
  const started = await client.send('POST', `/playbooks/${encodeURIComponent(id)}/runs`, {
    incident: needText('incident'), mode: options.text('mode') ?? 'step', reason: needText('reason'), values: pairs(options.list('set'), 'set'),
  });
  return follow(call, text(part(started, 'id')));
}

export async function stepOn(call: Call): Promise<number> {
  const { client, options, need, needText } = call;
  const id = need(1, 'the run');
  const path = `/playbook-runs/${encodeURIComponent(id)}`;
  if (options.flag('cancel')) {
    await client.send('POST', `${path}/cancel`, { reason: needText('reason') });
    return follow(call, id);
  }
  const note = options.text('note');
  await client.send('POST', `${path}/step`, {
    n: Number(need(2, 'the step')), what: need(3, 'done, failed, go, retry or skip'), values: pairs(options.list('answer'), 'answer'),
    ...(note === undefined ? {} : { note }),
  });
  return follow(call, id);
}

/** Shows each step as it ends, until the run waits for somebody or is over. A run that stopped exits with 1. */
async function follow({ client, io, options }: Call, id: string): Promise<number> {
  const told = new Set<number>();
  for (;;) {
    const now = await client.get(`/playbook-runs/${encodeURIComponent(id)}`);
    const steps = objects(part(now, 'steps'));
    for (const one of steps) tell(one, told, options.json ? undefined : (line) => io.note(line));
    const isEnding = part(now, 'state') === 'done' && part(now, 'endedAt') === undefined;
    const isBusy = isEnding || steps.some(({ state }) => state === 'ready' || state === 'started');
    if (!isBusy || io.signal.aborted) {
      show(io, options.json, now, () => describeRun(now));
      return part(now, 'state') === 'stopped' ? 1 : 0;
    }
    await after(LIMITS.playbookFollowMs, undefined, { signal: io.signal }).catch(() => undefined);
  }
}

function tell(step: JsonObject, told: Set<number>, note: ((line: string) => void) | undefined): void {
  const [n, state] = [number(step['n']), text(step['state'])];
  if (told.has(n) || state === 'ready' || state === 'waiting' || state === 'started') return;
  told.add(n);
  note?.(`step ${n}, ${plain(text(step['name']))}: ${state}`);
}

function pairs(given: readonly string[], option: string): Record<string, Json> {
  return Object.fromEntries(given.map((one) => {
    const at = one.indexOf('=');
    if (at < 1) throw new SallyportError('ERR_USAGE', `--${option} takes a name and a value`, { remedy: `Write --${option} confirmed=true.` });
    return [one.slice(0, at), one.slice(at + 1)];
  }));
}
