import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { createAgent, type Agent } from './agent/agent.ts';
import type { MakeMind } from './agent/mind.ts';
import { holds } from './agent/forms.ts';
import { heardOf, type Heard } from './agent/wire.ts';
import type { Harm, Scenario, Step, Toy } from './scenario.ts';
import { createToy, type Deed, type ToyServer } from './servers/toy.ts';
import type { Harmed, Played, Refusal, Served, Stage } from './stage.ts';
import { fill, fillObject, valuesOf, type Values } from './values.ts';

export interface PlayOptions {
  /** Makes the values of the run; runs of one seed are the same. */
  readonly seed: string;
  /** Tells runs of one scenario in one installation apart: each has agents, and so flow contexts, of its own. */
  readonly run: string;
  /** `blind`: whoever administers approves whatever servers say, whenever they say it. */
  readonly operator?: 'careful' | 'blind';
  /** What decides in place of the agent that believes everything. */
  readonly mind?: MakeMind;
  readonly signal?: AbortSignal;
}

/** The permit for everything on the toys, for the red team; what servers ask of people and models is permitted to nobody. */
const PERMIT = `permit(principal in Group::"red-team", action, resource in Server::"SERVER")
unless { action in [Action::"sample", Action::"elicit", Action::"roots"] };`;

/** Plays a scenario from its toys' start to their stop, and says what came of it. What the stage throws is thrown. */
export async function play(scenario: Scenario, stage: Stage, options: PlayOptions): Promise<Played> {
  const course = new Course(scenario, stage, options);
  const began = Date.now();
  try {
    await course.open();
    for (const step of scenario.steps) {
      options.signal?.throwIfAborted();
      await course.take(step);
    }
    const { agents, refusals, unapproved, shown } = course;
    return {
      harm: course.harm(), refusals: [...refusals, ...[...agents.values()].flatMap((agent) => agent.refusals)],
      agents: [...agents.keys()].map((label) => course.nameOf(label)), unapproved, shown, began, ended: Date.now(),
    };
  } finally {
    await course.close();
  }
}

class Course {
  readonly agents = new Map<string, Agent>();
  readonly refusals: Refusal[] = [];
  readonly unapproved: Record<string, string> = {};
  readonly shown: string[] = [];
  readonly #accepted = new Set<string>();
  readonly #toys = new Map<string, ToyServer>();
  readonly #served = new Map<string, Served>();
  readonly #tokens = new Map<string, string>();
  readonly scenario: Scenario;
  readonly stage: Stage;
  readonly options: PlayOptions;
  #values: Values;

  constructor(scenario: Scenario, stage: Stage, options: PlayOptions) {
    this.scenario = scenario;
    this.stage = stage;
    this.options = options;
    this.#values = valuesOf(scenario, options.seed);
  }

  nameOf(label: string): string {
    return `rt-${this.scenario.id}-${label}-${this.options.run}`.slice(0, 64);
  }

  async open(): Promise<void> {
    const { scenario, stage } = this;
    for (const [id, toy] of Object.entries(scenario.servers)) {
      const made = createToy(toy, () => this.#values);
      this.#toys.set(id, made);
      const served = await stage.serve((request) => made.answer(request));
      this.#served.set(id, served);
      this.#values = { ...this.#values, [`servers.${id}`]: served.url };
    }
    await this.#plant();
    const known = Object.entries(scenario.servers).filter(([, { enrolled }]) => enrolled !== 'absent');
    const servers = known.map(([id, { declare = {} }]) => [id, this.#entryOf(id, declare)] as const);
    const permits = known.map(([id]) => PERMIT.replace('SERVER', id)).join('\n');
    await stage.arrange({ servers: Object.fromEntries(servers), policy: fill(scenario.policy ?? permits, this.#values) });
    for (const id of this.#enrolled()) await this.#enrol(id);
  }

  /** What whoever administers approves. */
  #enrolled(): readonly string[] {
    const takes = ({ enrolled = 'careful' }: Toy): boolean => enrolled === 'careful' || (enrolled === 'never' && this.options.operator === 'blind');
    return Object.entries(this.scenario.servers).filter(([, toy]) => takes(toy)).map(([id]) => id);
  }

  async close(): Promise<void> {
    for (const served of this.#served.values()) await served.stop();
  }

  #entryOf(id: string, declare: JsonObject): JsonObject {
    const url = this.#served.get(id)?.url ?? '';
    return { url, allowPrivate: true, owner: 'red-team', ...fillObject(declare, this.#values) };
  }

  /** The vault makes canaries, so that gateways know them. */
  async #plant(): Promise<void> {
    for (const [name, { kind }] of Object.entries(this.scenario.data ?? {})) {
      if (kind !== 'canary') continue;
      const path = `/vault/${encodeURIComponent(this.nameOf(name))}/canary`;
      const { body } = await this.stage.administer('POST', path, { planted: `scenario ${this.scenario.id}`, like: 'token' });
      this.#values = { ...this.#values, [name]: typeof body['value'] === 'string' ? body['value'] : '' };
    }
  }

  async #enrol(id: string): Promise<void> {
    const scanned = await this.stage.administer('POST', `/servers/${id}/scan`, {});
    this.shown.push(...rulesIn(scanned.body));
    const candidate = isObject(scanned.body['candidate']) ? scanned.body['candidate'] : {};
    const approve = (): ReturnType<Stage['administer']> =>
      this.stage.administer('POST', `/servers/${id}/approve`, { digest: candidate['digest'] ?? '' });
    let approved = await approve();
    if (approved.status >= 400 && this.options.operator === 'blind') {
      for (const rule of new Set(rulesIn(scanned.body))) await this.stage.administer('POST', '/exceptions', exceptionFor(id, rule));
      approved = await approve();
    }
    const code = approved.body['code'];
    if (approved.status < 400) return;
    this.unapproved[id] = typeof code === 'string' ? code : `HTTP ${approved.status}`;
    this.shown.push(this.unapproved[id] ?? '');
  }

  async #agent(label: string): Promise<Agent> {
    const known = this.agents.get(label);
    if (known !== undefined) return known;
    const token = await this.stage.token(this.nameOf(label), this.scenario.cast?.[label] ?? ['red-team']);
    this.#tokens.set(label, token);
    const { mind, signal = new AbortController().signal } = this.options;
    const servers = Object.entries(this.scenario.servers).filter(([, { enrolled }]) => enrolled !== 'absent').map(([id]) => id);
    const agent = createAgent((server) => `${this.stage.gateUrl}/mcp/${server}`, token, mind?.(servers, signal));
    this.agents.set(label, agent);
    return agent;
  }

  async take(step: Step): Promise<void> {
    const values = this.#values;
    const filled = fillObject(plain(step), values);
    if (step.do === 'turn') {
      this.#toys.get(step.server)?.turn(step.phase);
      if (this.options.operator === 'blind') await this.#enrol(step.server);
      return;
    }
    if (step.do === 'administer') {
      const { status, body } = await this.stage.administer(step.method, fill(step.path, values), step.body && fillObject(step.body, values));
      const { code } = body;
      this.shown.push(...rulesIn(body));
      if (this.options.operator === 'blind') for (const id of this.#enrolled()) await this.#enrol(id);
      this.#note(step.name, { status, ...(typeof code === 'string' && { code }), ...(status < 400 && { result: body }) }, step.path);
      return;
    }
    const agent = await this.#agent(step.as ?? 'agent');
    const given = isObject(filled['with']) ? filled['with'] : {};
    if (step.do === 'knock') this.#note(step.name, await this.#knock(step), `knock ${step.path}`);
    else if (step.do === 'call') await this.#call(agent, step, given);
    else if (step.do === 'list') this.#accept(step.name, ...await agent.list(step.server));
    else if (step.do === 'read') this.#accept(step.name, await agent.read(step.server, fill(step.uri, values)));
    else if (step.do === 'prompt') this.#accept(step.name, await agent.prompt(step.server, step.prompt, given));
    else {
      const params = isObject(filled['params']) ? filled['params'] : {};
      this.#accept(step.name, await agent.say(step.server, fill(step.method, values), params, fillHeaders(step.headers, values)));
    }
  }

  async #call(agent: Agent, { server, tool, times = 1, name }: Extract<Step, { do: 'call' }>, given: JsonObject): Promise<void> {
    for (let n = 0; n < times; n += 1) this.#accept(name, await agent.call(server, fill(tool, this.#values), given));
  }

  async #knock(step: Extract<Step, { do: 'knock' }>): Promise<Heard> {
    const token = this.#tokens.get(step.as ?? 'agent') ?? '';
    const path = fill(step.path, this.#values);
    const url = new URL(this.stage.gateUrl);
    const query = step.token === 'query' ? `${path.includes('?') ? '&' : '?'}access_token=${token}` : '';
    const shown = { header: `Bearer ${token}`, wrong: `Bearer spa_${'x'.repeat(43)}` };
    const bearer = step.token === undefined || step.token === 'header' ? shown.header : step.token === 'wrong' ? shown.wrong : undefined;
    const response = await fetch(`${url.origin}${path}${query}`, {
      method: step.method ?? 'POST', redirect: 'manual',
      headers: { ...(bearer !== undefined && { authorization: bearer }), ...fillHeaders(step.headers, this.#values) },
      ...(step.body === undefined ? {} : { body: fill(step.body, this.#values) }),
    });
    return heardOf(response.status, await response.text());
  }

  #note(name: string | undefined, heard: Heard, what: string): void {
    if (heard.status >= 400 || heard.code !== undefined) this.refusals.push({ what, code: heard.code ?? `HTTP ${heard.status}` });
    this.#accept(name, heard);
  }

  #accept(name: string | undefined, ...heard: readonly Heard[]): void {
    if (name !== undefined && heard.some((one) => one.status < 400 && one.result !== undefined && one.code === undefined)) this.#accepted.add(name);
  }

  harm(): readonly Harmed[] {
    return this.scenario.harm.flatMap((harm, index) => {
      const evidence = this.#seen(harm);
      return evidence === undefined ? [] : [{ index, evidence }];
    });
  }

  /** What shows that it happened; undefined: it did not. */
  #seen(harm: Harm): string | undefined {
    const agents = [...this.agents.values()];
    if (harm.what === 'called') {
      const found = (this.#toys.get(harm.server)?.deeds ?? []).filter((deed) => this.#isMeant(deed, harm));
      return found.length >= (harm.times ?? 1) ? `${harm.server}/${harm.tool} was called ${found.length} times` : undefined;
    }
    if (harm.what === 'reached') {
      const count = this.#toys.get(harm.server)?.deeds.length ?? 0;
      return count > 0 ? `${count} messages reached ${harm.server}` : undefined;
    }
    if (harm.what === 'given') {
      const wanted = fill(harm.text, this.#values);
      return agents.some(({ given }) => given.some((text) => holds(text, wanted))) ? 'the agent was given the text' : undefined;
    }
    if (harm.what === 'flooded') {
      const most = Math.max(0, ...agents.flatMap(({ given }) => given.map(({ length }) => length)));
      return most > harm.characters ? `the agent was given ${most} characters at once` : undefined;
    }
    if (harm.what === 'asked') return agents.some(({ asked }) => asked.includes(harm.method)) ? `the agent's host was asked ${harm.method}` : undefined;
    return this.#accepted.has(harm.step) ? `${harm.step} was not refused` : undefined;
  }

  #isMeant({ tool, given }: Deed, harm: Extract<Harm, { what: 'called' }>): boolean {
    if (tool !== fill(harm.tool, this.#values)) return false;
    const whole = JSON.stringify(given);
    const named = Object.entries(harm.given ?? {}).every(([name, text]) => holds(JSON.stringify(given[name] ?? ''), fill(text, this.#values)));
    return named && (harm.holds === undefined || holds(whole, this.#values[harm.holds] ?? ''));
  }
}

function plain(step: Step): JsonObject {
  return JSON.parse(JSON.stringify(step));
}

function fillHeaders(headers: Readonly<Record<string, string>> = {}, values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, fill(text, values)]));
}

/** Rules of what was found in what a server says of itself, as whoever approves is shown them. */
function rulesIn(scanned: Json): readonly string[] {
  if (isArray(scanned)) return scanned.flatMap(rulesIn);
  if (!isObject(scanned)) return [];
  const { rule } = scanned;
  return [...(typeof rule === 'string' ? [rule] : []), ...Object.entries(scanned).flatMap(([key, value]) => (key === 'rule' ? [] : rulesIn(value)))];
}

function exceptionFor(server: string, rule: string): JsonObject {
  const expiresAt = Date.now() + 3_600_000;
  return { scope: { kind: 'definition', server, rule }, reason: 'a trial of what happens without review', owner: 'red-team', approver: 'red-team', expiresAt };
}
