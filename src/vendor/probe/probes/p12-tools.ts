import { isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { LIMITS } from '../../../domain/limits.ts';
import type { Observed, ProbeFacts } from '../result.ts';
import { allOf, behindDoor, factText, judged, observed } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import { digestOfTool, nameOf } from '../tool-list.ts';
import type { ToolList } from '../tool-list.ts';

/** Detectors of definitions whose findings are flaws of the text itself. */
const OF_TEXT = /^(?:hidden-channels|tool-poisoning|instructions)\//;
const NAMED_MAX = 5;

/** P12: what the definitions of tools are like: what agents will read. */
export const probe: Probe = async (scene) => {
  const list = await scene.tools();
  if (list === undefined) {
    return { checks: allOf(['tool-order', 'tool-text', 'tool-schema', 'tool-pages', 'tool-cache'], 'unknown', await whyNone(scene)) };
  }
  const { tools, again, flaw } = list;
  const names = tools.map(nameOf);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  const poisoned = tools.filter((tool) => scene.knowledge.judge(tool).some((found) => OF_TEXT.test(found))).map(nameOf);
  const loose = tools.filter((tool) => !isStrict(tool['inputSchema'])).map(nameOf);
  return {
    checks: [
      judged('tool-order', names.join('\n') === again.join('\n'), `${names.length} tools, twice in one order`, 'two readings differ'),
      judged('tool-text', poisoned.length === 0, `${names.length} definitions`, named(poisoned)),
      judged('tool-schema', loose.length === 0, `${names.length} schemas`, named(loose)),
      judged('tool-pages', flaw === undefined && twice.length === 0, 'it ends', flaw ?? `twice: ${named(twice)}`),
      await cacheOf(scene, list),
    ],
    facts: { tools: tools.slice(0, LIMITS.vendorToolsMax).map(factOf) },
  };
};

async function whyNone(scene: Scene): Promise<string> {
  const { modern, legacy } = await scene.entry();
  return modern === undefined && legacy === undefined ? behindDoor(scene) : 'it lists no tools';
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMED_MAX).map(factText).join(', ');
  return names.length > NAMED_MAX ? `${names.length} tools, among them ${shown}` : shown;
}

function factOf(tool: JsonObject): NonNullable<ProbeFacts['tools']>[number] {
  const annotations = tool['annotations'];
  const [readOnly, destructive] = isObject(annotations) ? [annotations['readOnlyHint'], annotations['destructiveHint']] : [];
  return {
    name: factText(nameOf(tool)), digest: digestOfTool(tool), ...(typeof readOnly === 'boolean' ? { readOnly } : {}),
    ...(typeof destructive === 'boolean' ? { destructive } : {}),
  };
}

/** Closed, and every property has a type, a set of values, or a place where it is defined. */
function isStrict(schema: Json | undefined): boolean {
  if (!isObject(schema) || schema['type'] !== 'object') return false;
  const properties = schema['properties'];
  const all = isObject(properties) ? Object.values(properties) : [];
  const isClosed = schema['additionalProperties'] === false || schema['unevaluatedProperties'] === false;
  return isClosed && all.every((one) => isObject(one) && TYPED.some((name) => one[name] !== undefined));
}

const TYPED = ['type', 'enum', 'const', '$ref', 'anyOf', 'oneOf', 'allOf'] as const;

/** A list that was given to an account may not be called good for everyone. */
async function cacheOf(scene: Scene, { cache: { ttlMs, scope } }: ToolList): Promise<Observed> {
  if (ttlMs === undefined && scope === undefined) return observed('tool-cache', 'not-applicable', 'it says nothing of caches');
  const isTime = typeof ttlMs === 'number' && ttlMs >= 0 && ttlMs <= YEAR_MS;
  const isScope = scope === 'public' || scope === 'private';
  if (!isTime || !isScope) return observed('tool-cache', 'fail', `ttlMs ${said(ttlMs)}, cacheScope ${said(scope)}: not as the protocol has them`);
  const { token } = await scene.entry();
  return judged('tool-cache', token === undefined || scope === 'private', `${scope}, ${ttlMs} ms`, 'what an account was given is called public');
}

const YEAR_MS = 366 * 86_400_000;

function said(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'of a wrong type';
}
