import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { httpOf, neededBy, requestOf } from '../../incident/playbook/command.ts';
import type { Action, Request } from '../../incident/playbook/command.ts';
import { stepOf, valueIn } from '../../incident/playbook/progress.ts';
import type { Playbooks, Task } from '../../incident/playbook/progress.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { findStored } from '../stored.ts';
import { adminOf } from './actor.ts';
import type { PlaybookRun } from './schema.ts';

type Said = Readonly<Record<string, string | number | boolean>>;

/** What came of a step that control did. `proposed`: it waits for a second person. */
export type Performed =
  | { readonly outcome: 'done'; readonly answer: Said; readonly outputs: Readonly<Record<string, string>> }
  | { readonly outcome: 'failed'; readonly note: string }
  | { readonly outcome: 'proposed'; readonly proposal: string };

/** Does one step of a run, by the rights of who drives it. Never rejects: what goes wrong is an outcome. */
export async function perform(control: Control, space: string, run: PlaybookRun, playbooks: Playbooks, task: Task): Promise<Performed> {
  const step = stepOf(playbooks, task);
  const command = httpOf(step);
  // Rehearsed: a person would do it, and nothing is known of what they would say.
  if (command === undefined) return { outcome: 'done', answer: { wouldAsk: true }, outputs: assumed(step) };
  const valueOf = valueIn(run.progress, task.scope);
  const missing = neededBy(command).find((name) => (valueOf(name) ?? '') === '');
  if (missing !== undefined && run.progress.mode !== 'dry') return { outcome: 'failed', note: `the incident says no ${missing.replaceAll('_', ' ').trim()}` };
  const request = requestOf(command, valueOf);
  if (run.progress.mode === 'dry') return rehearse(control, space, run, request, step);
  return ask(control, await actorOf(run, control), space, request, step);
}

async function actorOf(run: PlaybookRun, control: Control): Promise<Admin | Performed> {
  return adminOf(run, control).catch((error: unknown) => failed(error));
}

async function ask(control: Control, who: Admin | Performed, space: string, { call, params, body }: Request, step: Action): Promise<Performed> {
  if ('outcome' in who) return who;
  const [method, path = ''] = call.split(' ');
  const route = control.routeOf(method === 'GET' ? 'GET' : 'POST', path);
  try {
    const signal = AbortSignal.timeout(LIMITS.playbookCallMs);
    const answer = await route.run({ admin: { ...who, ofRun: true }, params, query: { space }, body, signal }, control);
    const said: JsonObject = typeof answer === 'object' && answer !== null && !(Symbol.asyncIterator in answer) && isObject(answer) ? answer : {};
    return { outcome: 'done', answer: brief(said), outputs: outputsOf(step, said) };
  } catch (error) {
    const proposal = error instanceof SallyportError && error.code === 'ERR_PROPOSAL_STORED' ? error.data?.['proposal'] : undefined;
    return typeof proposal === 'string' ? { outcome: 'proposed', proposal } : failed(error);
  }
}

/** Containment can be rehearsed and reading changes nothing; all else is only said. */
async function rehearse(control: Control, space: string, run: PlaybookRun, request: Request, step: Action): Promise<Performed> {
  const isRehearsed = request.call === 'POST /containments';
  if (!isRehearsed && !request.call.startsWith('GET ')) return {
    outcome: 'done', answer: { wouldAsk: request.call, ...request.params }, outputs: assumed(step),
  };
  const asked = isRehearsed ? { ...request, body: { ...request.body, dryRun: true } } : request;
  const performed = await ask(control, await actorOf(run, control), space, asked, step);
  // What would fail is said, and the rehearsal goes on: all of it is to be seen.
  if (performed.outcome === 'failed') return { outcome: 'done', answer: { wouldFail: performed.note.slice(0, BRIEF_CHARS) }, outputs: assumed(step) };
  return performed.outcome === 'done' ? { ...performed, outputs: assumed(step) } : performed;
}

/** In a rehearsal everything that could be the case is: each step is shown. */
function assumed({ out_args: names = [] }: Action): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, 'true']));
}

/** A variable gets the field of its name from the answer, else the answer's id. */
function outputsOf({ out_args: names = [] }: Action, answer: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = answer[name.slice(2, -2)] ?? answer['id'];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, String(value)]] : [];
  }));
}

const BRIEF_FIELDS = 12;
const BRIEF_CHARS = 200;

/** What a run keeps of an answer: enough to find it again, never what it holds. */
function brief(answer: JsonObject): Said {
  return Object.fromEntries(Object.entries(answer).flatMap(([name, value]) => (isShort(value) ? [[name, value]] : [])).slice(0, BRIEF_FIELDS));
}

function isShort(value: Json): value is string | number | boolean {
  return typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length <= BRIEF_CHARS);
}

function failed(error: unknown): Performed {
  if (error instanceof SallyportError) return {
    outcome: 'failed', note: `${error.code}: ${error.message}${error.remedy === undefined ? '' : `. ${error.remedy}`}`,
  };
  return { outcome: 'failed', note: 'ERR_INTERNAL: something broke' };
}

/** What a step gives that a second person's word carried out; `made`: the id that the proposal says. */
export async function carriedOut(
  { store }: Control, space: string, step: Action, made: string | undefined,
): Promise<{ readonly answer: Said; readonly outputs: Readonly<Record<string, string>> }> {
  if (made === undefined) return { answer: {}, outputs: {} };
  // Of what playbooks ask, containing and lifting alone can be wide; what is in force stands in the run's way back.
  const state = (await findStored(store, 'containment', space, made))?.body.state;
  const said = { id: made, ...(state === undefined ? {} : { state }) };
  return { answer: said, outputs: outputsOf(step, said) };
}
