import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { SallyportError } from '../../domain/errors.ts';
import { actionScope, entity, quote } from '../../policy/quote.ts';
import { shapeOfTool } from '../../policy/shape.ts';
import { splitPolicies } from '../../policy/split.ts';
import type { Control } from '../control.ts';
import { checkPolicies, withPolicies } from '../policies/check.ts';
import { readConfiguration } from '../snapshot/configuration.ts';
import { findStored, listStored } from '../stored.ts';
import type { Shown } from './present.ts';

export interface Wish {
  /** Arguments whose values may be others; all others stay as they were approved, and none may come besides. */
  readonly vary: readonly string[];
  readonly days: number;
}

const DAY_MS = 24 * 60 * 60_000;

/**
 * Calls like one that people approve again and again, as a policy: the gating policy with this caller, this tool and these values
 * excepted from it, for a time. It is text, and changes nothing: whoever reviews it puts it in force, by the way that every change
 * of a forbid takes. Throws `ERR_CONFLICT` where no policy says exactly that.
 */
export async function standingPolicy(control: Control, { approval, params }: Shown, wish: Wish): Promise<JsonObject> {
  const { space, body } = approval;
  const { principal, behind, resource, gates, action } = body;
  const [gate, ...others] = new Set(gates.map(({ policy }) => policy));
  if (gate === undefined || others.length > 0) throw refused(`it waits because of ${others.length + 1} policies`, 'Change one of them at a time, by hand.');
  if (action !== 'call_tool') throw refused('it is no call of a tool', 'Write the policy by hand.');
  if (principal.id !== behind.id || principal.actors.length > 0) throw refused('its caller acts for others', 'Write the policy by hand.');
  const policy = control.compiler.compiled?.policies.get(gate);
  const files = await listStored(control.store, 'policy', space);
  const at = files.find(({ body: { file, source } }) => splitPolicies(file, source).some(({ text }) => text === policy?.text));
  if (policy === undefined || at === undefined) {
    throw refused(`the policy ${gate} is in no file of this space`, 'It ships, or is made from the manifest: change it there.');
  }
  const until = new Date(control.now() + wish.days * DAY_MS).toISOString();
  const args = params['arguments'];
  const tool = entity('Tool', `${resource.server}/${resource.name}`);
  const clause = `unless {\n  ${[
    `principal.id == ${quote(principal.id)}`, `principal.agent == ${quote(principal.agent)}`, `resource == ${tool}`, actionScope([action]),
    `context.now < datetime(${quote(until)})`, ...conditionsOf(isObject(args) ? args : {}, await namesOf(control, approval), wish.vary),
  ].join(' &&\n  ')}\n}`;
  const text = policy.text.replace(/\s*;$/, () => `\n${clause};`);
  const source = at.body.source.replace(policy.text, () => text);
  if (text === policy.text || source === at.body.source) throw refused(`the policy ${gate} can't be rewritten`, 'Write the exception by hand.');
  const candidate = files.map(({ id, body: { file, source: before } }) => ({ file, text: id === at.id ? source : before }));
  const configuration = withPolicies(await readConfiguration(control.store, control.now()), space, candidate);
  const { ok, diagnostics } = await checkPolicies(configuration, control.compiler.compiled);
  if (!ok) {
    throw refused(`the policy ${gate} can't say it: ${firstOf(diagnostics)}`,
      `Give this tool a policy of its own: resource == ${tool}, action == Action::"call_tool".`);
  }
  return { file: at.body.file, policy: gate, until, before: policy.text, after: text, source, varying: [...wish.vary] };
}

/** Every argument that the tool knows, however its schema is made: as it was, or free, or absent. */
function conditionsOf(args: JsonObject, known: readonly string[], vary: readonly string[]): readonly string[] {
  const names = [...new Set([...known, ...Object.keys(args)])].filter((name) => !vary.includes(name));
  return names.map((name) => {
    const has = `context.arguments has ${quote(name)}`;
    const value = args[name];
    return value === undefined || value === null ? `!(${has})` : `${has} && context.arguments[${quote(name)}] == ${literalOf(name, value)}`;
  });
}

function literalOf(name: string, value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'boolean') return String(value);
  const lexeme = typeof value === 'number' ? String(value) : '';
  if (/^-?\d{1,14}(?:\.\d{1,4})?$/.test(lexeme)) return `decimal(${quote(lexeme.includes('.') ? lexeme : `${lexeme}.0`)})`;
  throw refused(`its argument ${name} is no plain value`, 'Let it vary (--vary), or write the policy by hand.');
}

/** What a gateway lets come. Of a name that policies can't read the policy then says something all the same, and does not compile. */
async function namesOf({ store }: Pick<Control, 'store'>, { space, body }: Shown['approval']): Promise<readonly string[]> {
  const baseline = await findStored(store, 'baseline', space, body.resource.server);
  const tool = baseline?.body.surface.tools.find(({ name }) => name === body.resource.name);
  if (tool === undefined) throw refused('nothing is known of its tool', 'Approve its server again, and then the call.');
  return shapeOfTool(tool.definition).fields.map(([name]) => name);
}

function firstOf(diagnostics: readonly Json[]): string {
  const [first] = diagnostics;
  const message = isObject(first) ? first['message'] : undefined;
  return typeof message === 'string' ? message : 'it does not compile';
}

function refused(why: string, remedy: string): SallyportError {
  return new SallyportError('ERR_CONFLICT', `no policy can stand for this call: ${why}`, { remedy });
}
