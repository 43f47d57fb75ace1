import { redact } from '../../domain/redacted.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { CheckId } from './checks.ts';
import type { Permission } from './permission.ts';
import { challengeIn, findIssuer, findResource } from './resource.ts';
import type { IssuerMetadata, Missing, ResourceMetadata } from './resource.ts';
import type { Observed, Outcome, ProbeFacts } from './result.ts';
import { createSpeaker, isModern, LEGACY, sessionIn } from './speak.ts';
import type { Session, Speaker, Spoken } from './speak.ts';
import { listTools } from './tool-list.ts';
import type { ToolList } from './tool-list.ts';
import { isSilent, memberOf } from './wire.ts';
import type { Wire } from './wire.ts';

/** What the program knows of the world, and does not find out. */
export interface ProbeKnowledge {
  readonly revisions: readonly { readonly revision: string; readonly isCurrent: boolean }[];
  /** Ids of advisories that hold a version of what calls itself so. */
  advisoriesOf(name: string, version: string): readonly string[];
  /** What definition detectors say of a tool, as `<detector>/<rule>`. */
  judge(tool: JsonObject): readonly string[];
  /** CAA records of exactly this name. */
  caaOf(name: string): Promise<number>;
}

/** Tokens of test accounts, each as the vendor issued it. */
export interface Accounts {
  readonly token?: string;
  /** Of another account. */
  readonly other?: string;
  /** For another resource of the same issuer. */
  readonly foreign?: string;
  readonly expired?: string;
}

/** What strangers were answered. */
export interface Strangers {
  readonly discover: Spoken;
  readonly hello: Spoken;
  readonly session: Session | undefined;
  /** The list of tools, asked for in both eras: some servers greet everybody, or guard one era alone. */
  readonly lists: readonly Spoken[];
  /** It has the transport of 2024-11-05 alone, and opens its stream. */
  readonly opensStream: boolean;
}

/** How the endpoint can be spoken to: as a stranger where it lets them, else with the test account. */
export interface Entry {
  readonly token: string | undefined;
  readonly modern: Spoken | undefined;
  readonly hello: Spoken | undefined;
  readonly legacy: Session | undefined;
}

/** Everything that a probe may use. What several need is found out once, when the first asks for it. */
export interface Scene {
  readonly url: string;
  readonly permission: Permission;
  readonly accounts: Accounts;
  readonly knowledge: ProbeKnowledge;
  readonly wire: Wire;
  readonly speaker: Speaker;
  readonly now: number;
  readonly slowBodyMs: number;
  readonly signal: AbortSignal;
  readonly strangers: () => Promise<Strangers>;
  readonly entry: () => Promise<Entry>;
  readonly auth: () => Promise<ProbeFacts['auth']>;
  readonly resource: () => Promise<ResourceMetadata | Missing>;
  readonly issuer: () => Promise<IssuerMetadata | Missing | undefined>;
  readonly tools: () => Promise<ToolList | undefined>;
}

/** What one probe saw. */
export interface Seen {
  readonly checks: readonly Observed[];
  readonly facts?: ProbeFacts;
}

export type Probe = (scene: Scene) => Promise<Seen>;

export type SceneParts = Omit<Scene, 'speaker' | 'strangers' | 'entry' | 'auth' | 'resource' | 'issuer' | 'tools'>;

export function createScene(parts: SceneParts): Scene {
  const speaker = createSpeaker(parts.wire, parts.url);
  const strangers = once(() => askAsStranger(parts.wire, speaker));
  const entry = once(async () => enter(speaker, await strangers(), parts.accounts.token));
  const resource = once(async () => findResource(parts.wire, parts.url, await strangers()));
  const auth = once(async () => authOf(await strangers()));
  return {
    ...parts, speaker, strangers, entry, auth, resource,
    issuer: once(async () => findIssuer(parts.wire, await resource())),
    tools: once(async () => listTools(speaker, await entry())),
  };
}

/** What was opened is closed. */
export async function leaveScene({ strangers, entry, speaker }: Scene): Promise<void> {
  const [{ session }, { legacy, token }] = [await strangers(), await entry()];
  if (session !== undefined) await speaker.end(session, undefined);
  if (legacy !== undefined && legacy !== session && legacy.id !== session?.id) await speaker.end(legacy, token);
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function askAsStranger(wire: Wire, speaker: Speaker): Promise<Strangers> {
  const discover = await speaker.modern('server/discover', {});
  const hello = await speaker.hello();
  const session = sessionIn(hello);
  const lists = [await speaker.modern('tools/list', {}), await speaker.legacy('tools/list', {}, session ?? NO_SESSION)];
  const isUnclear = !isModern(discover) && session === undefined && ![discover, hello, ...lists].some(({ isRefused }) => isRefused);
  return { discover, hello, session, lists, opensStream: isUnclear && await opensStream(wire, speaker.url) };
}

async function opensStream(wire: Wire, url: string): Promise<boolean> {
  const answer = await wire.ask({ method: 'GET', url, headers: { accept: 'text/event-stream' } });
  return !isSilent(answer) && answer.event === 'endpoint';
}

/** What a request in no session says. */
export const NO_SESSION: Session = { revision: LEGACY, id: undefined };

async function enter(speaker: Speaker, { discover, hello, session, lists }: Strangers, token: string | undefined): Promise<Entry> {
  const isOpen = isModern(discover) || session !== undefined;
  const isGuarded = lists.some(({ isRefused }) => isRefused);
  if (isOpen && (token === undefined || !isGuarded)) return begin(speaker, undefined, discover, hello);
  if (token === undefined) return { token: undefined, modern: undefined, hello: undefined, legacy: undefined };
  return begin(speaker, token, await speaker.modern('server/discover', {}, { token }), await speaker.hello({ token }));
}

async function begin(speaker: Speaker, token: string | undefined, discover: Spoken, hello: Spoken): Promise<Entry> {
  const legacy = sessionIn(hello);
  if (legacy !== undefined) await speaker.ready(legacy, token);
  return { token, modern: isModern(discover) ? discover : undefined, hello, legacy };
}

/** A door that greets, and shows nothing, is one. */
function authOf(strangers: Strangers): ProbeFacts['auth'] {
  const { discover, hello, session, lists, opensStream: isStream } = strangers;
  const isRefused = [discover, hello, ...lists].some((one) => one.isRefused);
  const isListed = lists.some(({ result }) => result !== undefined);
  if (isListed || isStream || (!isRefused && (isModern(discover) || session !== undefined))) return 'none';
  if (!isRefused) return undefined;
  return challengeIn(strangers) === undefined ? 'other' : 'oauth';
}

/** Why something could not be seen, where it lies behind a door. */
export async function behindDoor(scene: Scene): Promise<string> {
  const { discover, opensStream: isStream } = await scene.strangers();
  if (isSilent(discover.answer)) return discover.answer.silence;
  if (isStream) return 'it has the first transport alone, which is not spoken here';
  return scene.accounts.token === undefined ? 'it wants a credential, and there is no test account' : 'it speaks no MCP with the test account either';
}

/** What came of a check. `why` may hold what strangers wrote: it is made one line, scrubbed and cut. */
export function observed(check: CheckId, outcome: Outcome, why: string): Observed {
  return { check, outcome, evidence: redact(why).slice(0, LIMITS.vendorEvidenceCharsMax) };
}

/** `pass` or `fail`, with a text for each. */
export function judged(check: CheckId, isGood: boolean, good: string, bad: string): Observed {
  return observed(check, isGood ? 'pass' : 'fail', isGood ? good : bad);
}

/** The same outcome for several checks that have one reason. */
export function allOf(checks: readonly CheckId[], outcome: Outcome, why: string): readonly Observed[] {
  return checks.map((check) => observed(check, outcome, why));
}

/** Of a stranger's text, for facts: one line, cut. */
export function factText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').slice(0, LIMITS.vendorEvidenceCharsMax);
}

export function textsOf(value: Json | undefined): readonly string[] {
  return isArray(value) ? value.filter((one) => typeof one === 'string').slice(0, LIMITS.vendorFactsMax).map(factText) : [];
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What a server calls itself, in either era. */
export function softwareOf({ modern, hello }: Pick<Entry, 'modern' | 'hello'>): ProbeFacts['software'] {
  const meta = memberOf(memberOf(modern?.result, '_meta'), 'io.modelcontextprotocol/serverInfo');
  const info = [meta, modern?.result?.['serverInfo'], hello?.result?.['serverInfo']].find((one) => isObject(one));
  const [name, version] = [textOf(memberOf(info, 'name')), textOf(memberOf(info, 'version'))];
  return name === undefined || version === undefined ? undefined : { name: factText(name), version: factText(version) };
}

