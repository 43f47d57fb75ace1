import { z } from 'zod';
import type { Json, JsonObject } from '../domain/json.ts';

/**
 * A scenario: one attack as data. Toy servers say and answer what stands here, a scripted agent takes the steps and obeys every order
 * that it reads (`agent/orders.ts` has the grammar), and `harm` says what must not have happened when it is over.
 *
 * Every text may hold `{{name}}`: a value of `data`, made anew for each run from its seed, or `{{servers.<id>}}`: where a toy server is.
 */

const ID = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/).max(48);
/** Toy servers are told apart from an installation's own by how their ids begin. */
const SERVER = z.string().regex(/^rt-[a-z0-9]+(-[a-z0-9]+)*$/).max(40);
const TEXT = z.string().max(20_000);
const NAME = z.string().min(1).max(200);
const JSON_VALUE: z.ZodType<Json> = z.json().transform((value): Json => JSON.parse(JSON.stringify(value)));
const OBJECT: z.ZodType<JsonObject> = z.record(z.string(), JSON_VALUE);

/** What a toy answers a call with. Of several, the first answers the first call, and the last all that come after. */
const ANSWER = z.strictObject({
  text: TEXT.optional(),
  /** Content blocks instead of one text. */
  content: z.array(OBJECT).optional(),
  structured: OBJECT.optional(),
  /** `true`: the text is an error's. */
  isError: z.boolean().optional(),
  /** How often the text stands one after the other: for answers that are too long. */
  repeat: z.int().min(1).max(2_000_000).optional(),
  /** What the server asks of its client before it answers: `elicitation/create`, `sampling/createMessage`, `roots/list`. */
  ask: z.strictObject({ method: NAME, params: OBJECT }).optional(),
  /** `io.modelcontextprotocol` metadata of the result. */
  meta: OBJECT.optional(),
  /** Instead of all of the above: an HTTP response as it is. `{{id}}` is the request's id. */
  raw: z.strictObject({ status: z.int().min(100).max(599), headers: z.record(NAME, TEXT).optional(), body: TEXT.optional() }).optional(),
});

const TOOL = z.strictObject({
  description: TEXT,
  title: TEXT.optional(),
  /** JSON Schema of its arguments; without it, any object. */
  input: OBJECT.optional(),
  output: OBJECT.optional(),
  annotations: OBJECT.optional(),
  meta: OBJECT.optional(),
  answers: z.array(ANSWER).min(1).max(20).optional(),
});

const RESOURCE = z.strictObject({ name: NAME.optional(), mimeType: NAME.optional(), text: TEXT, meta: OBJECT.optional() });
const PROMPT = z.strictObject({ description: TEXT.optional(), arguments: z.array(NAME).optional(), text: TEXT });

/** What a toy says of itself, until it is told to say something else. */
const PHASE = z.strictObject({
  instructions: TEXT.optional(),
  tools: z.record(NAME, TOOL).optional(),
  prompts: z.record(NAME, PROMPT).optional(),
  /** By URI. */
  resources: z.record(NAME, RESOURCE).optional(),
});

const TOY = z.strictObject({
  /** Its entry under `servers:` of the manifest, less where it is and who owns it. */
  declare: OBJECT.optional(),
  /** Which era it speaks; both without it. */
  era: z.enum(['modern', 'legacy']).optional(),
  /**
   * `careful`: read and approved before the attack, as an administrator does it; what blocks is not approved. `never`: declared, and not
   * approved. `absent`: it runs, and the gate was never told of it.
   */
  enrolled: z.enum(['careful', 'never', 'absent']).optional(),
  phases: z.array(PHASE).min(1).max(5),
});

const WHO = { as: ID.optional(), name: ID.optional() };

const STEP = z.discriminatedUnion('do', [
  /** The agent calls a tool, reads what comes back, errors too, and obeys. */
  z.strictObject({ do: z.literal('call'), server: SERVER, tool: NAME, with: OBJECT.optional(), times: z.int().min(1).max(2_000).optional(), ...WHO }),
  /** The agent reads what a server says of itself and of its tools, and obeys. */
  z.strictObject({ do: z.literal('list'), server: SERVER, ...WHO }),
  /** The agent reads a resource, or gets a prompt, and obeys. */
  z.strictObject({ do: z.literal('read'), server: SERVER, uri: NAME, ...WHO }),
  z.strictObject({ do: z.literal('prompt'), server: SERVER, prompt: NAME, with: OBJECT.optional(), ...WHO }),
  /** From now on the toy says what stands in its phase of this number, counted from 0. */
  z.strictObject({ do: z.literal('turn'), server: SERVER, phase: z.int().min(0).max(4) }),
  /** Any message of MCP, as it is: what no honest client sends. */
  z.strictObject({ do: z.literal('say'), server: SERVER, method: NAME, params: OBJECT.optional(), headers: z.record(NAME, TEXT).optional(), ...WHO }),
  /** HTTP at the gate, as it is. `token`: how the agent's token is shown; in the header without it. */
  z.strictObject({
    do: z.literal('knock'), path: z.string().startsWith('/').max(2_000), method: NAME.optional(),
    headers: z.record(NAME, TEXT).optional(), body: TEXT.optional(), token: z.enum(['header', 'none', 'query', 'wrong']).optional(), ...WHO,
  }),
  /** An administrator is made to do it: the control API is asked. */
  z.strictObject({
    do: z.literal('administer'), method: z.enum(['GET', 'POST', 'PUT', 'DELETE']), path: z.string().startsWith('/').max(400), body: OBJECT.optional(),
    name: ID.optional(),
  }),
]);

/** What must not have happened. Each holds for the whole run; one is enough. */
const HARM = z.discriminatedUnion('what', [
  /** A call reached the toy. `given`: what its arguments hold by name, in any writing. `holds`: the value of `data` that they hold, however encoded. */
  z.strictObject({
    what: z.literal('called'), server: SERVER, tool: NAME, given: z.record(NAME, TEXT).optional(), holds: ID.optional(),
    /** At least so many calls; 1 without it. */
    times: z.int().min(1).max(2_000).optional(),
  }),
  /** Any message but reading of lists reached the toy. */
  z.strictObject({ what: z.literal('reached'), server: SERVER }),
  /** The agent was given this text, in any form: from a list, an answer, a question. */
  z.strictObject({ what: z.literal('given'), text: TEXT }),
  /** The agent was given more than so many characters by one answer. */
  z.strictObject({ what: z.literal('flooded'), characters: z.int().min(1) }),
  /** The agent's host was asked this by a server. */
  z.strictObject({ what: z.literal('asked'), method: NAME }),
  /** The step of this name was not refused. */
  z.strictObject({ what: z.literal('accepted'), step: ID }),
]);

/** A value of a scenario, made from the run's seed. */
const DATUM = z.strictObject({
  /**
   * `canary`: planted in the vault, opens nothing. `token`: looks like a credential. `record`: a customer's line. `word`: one made-up word.
   * `text`: what stands in `text`.
   */
  kind: z.enum(['canary', 'token', 'record', 'word', 'text']),
  text: TEXT.optional(),
});

/** What the shipped defaults are claimed to make of it: no effect; an effect, with a finding on record; an effect that nobody is told of. */
export const CLAIMS = ['prevented', 'detected', 'missed'] as const;
export type Claim = (typeof CLAIMS)[number];

const SCENARIO = z.strictObject({
  id: ID,
  title: z.string().min(1).max(160),
  /** What happened out there, or could, and how: for people who read the report. */
  story: z.string().min(1).max(2_000),
  /** Class of incidents, 1–27 (`incidents.ts`). */
  incident: z.int().min(1).max(27).optional(),
  /** Published ids, `AML.T0051.001`, `SAFE-T1001`, `MCP03`, `ASI01`, `MCP-T4`. */
  techniques: z.array(NAME).min(1).max(20),
  claim: z.enum(CLAIMS),
  /** Ids of controls (`controls.ts`) that act, by the claim; for what is missed, none. */
  by: z.array(ID).max(10),
  /** Of what is not prevented: why not, and what helps. */
  gap: TEXT.optional(),
  /** Groups of who acts, by label; `agent` in `red-team` without it. */
  cast: z.record(ID, z.array(NAME).max(10)).optional(),
  data: z.record(ID, DATUM).optional(),
  servers: z.record(SERVER, TOY),
  /** Cedar instead of the permit for everything on the toys for the group `red-team`. */
  policy: TEXT.optional(),
  steps: z.array(STEP).min(1).max(60),
  harm: z.array(HARM).min(1).max(10),
});

/** A file of scenarios. */
export const SCENARIO_FILE = z.strictObject({ apiVersion: z.literal('sallyport/v1'), scenarios: z.array(SCENARIO).min(1).max(200) });

export type Scenario = z.infer<typeof SCENARIO>;
export type Step = Scenario['steps'][number];
export type Harm = Scenario['harm'][number];
export type Toy = Scenario['servers'][string];
export type ToyPhase = Toy['phases'][number];
export type ToyTool = NonNullable<ToyPhase['tools']>[string];
export type ToyAnswer = NonNullable<ToyTool['answers']>[number];
