import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Era, Revision } from '../domain/message.ts';
import type { Baseline, Dispatch, DryRun, Effect, FlowRules, Labels, Pages, Pin, Surface, Tool } from '../domain/server.ts';
import { checkPages, pinPage } from './app-pages.ts';
import { digestOfSurface, pinOf } from './canonical.ts';
import { guessEffect } from './effects.ts';
import { checkToolName, checkVisibleName } from './names.ts';

/** What a server said when asked for everything: results exactly as received, one for each page. */
export interface RawSurface {
  /** The newest revision that it speaks, and the eras it was seen to answer in. */
  readonly revision: Revision;
  readonly eras: readonly Era[];
  /** Result of `server/discover` or `initialize`. */
  readonly hello: JsonObject;
  readonly tools: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
  readonly templates: readonly JsonObject[];
  /** Pages of MCP Apps: the address that a tool names, and the result of reading it. */
  readonly pages?: readonly { readonly uri: string; readonly result: JsonObject }[];
}

/** What a server said, as it travels between roles: each answer is text, so that a number that no double holds keeps its digits. */
export function writeSurface({ revision, eras, hello, tools, prompts, templates, pages = [] }: RawSurface): JsonObject {
  return {
    revision, eras, hello: JSON.stringify(hello), tools: writeEach(tools), prompts: writeEach(prompts), templates: writeEach(templates),
    pages: pages.map(({ uri, result }) => ({ uri, result: JSON.stringify(result) })),
  };
}

function writeEach(answers: readonly JsonObject[]): readonly string[] {
  return answers.map((answer) => JSON.stringify(answer));
}

/** What an administrator says of one tool; it confirms the effect. */
export interface ToolDeclaration {
  readonly effect: Effect;
  readonly labels?: Labels;
  readonly dispatches?: Dispatch;
  readonly dryRun?: DryRun;
  readonly flow?: FlowRules;
}

export interface SurfaceContext {
  /** The server's own labels: what its tools carry unless declared otherwise. */
  readonly labels: Labels;
  readonly tools: Readonly<Record<string, ToolDeclaration>>;
  /** Absent: `pinned`. */
  readonly pages?: Pages;
}

const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';

/**
 * Reads raw results into a surface: every field of every definition is kept and digested. Throws `ERR_SURFACE_INVALID`
 * (not a list, a name that is missing, not allowed or used twice) and `ERR_SURFACE_TOO_LARGE`.
 */
export function readSurface(raw: RawSurface, context: SurfaceContext): Surface {
  const tools = itemsOf(raw.tools, 'tools');
  const prompts = itemsOf(raw.prompts, 'prompts');
  const templates = itemsOf(raw.templates, 'resourceTemplates');
  const items = tools.length + prompts.length + templates.length;
  if (items > LIMITS.surfaceItemsMax) throw tooLarge(`the server lists ${items} items; ${LIMITS.surfaceItemsMax} is the limit`);
  const instructions = readInstructions(raw.hello);
  const { pages = [] } = raw;
  checkPages(pages);
  return {
    revision: raw.revision,
    eras: raw.eras,
    serverInfo: readServerInfo(raw.hello),
    capabilities: isObject(raw.hello['capabilities']) ? raw.hello['capabilities'] : {},
    ...(instructions && { instructions }),
    tools: readItems(tools, 'tool', 'name', checkToolName).map((pin) => toTool(pin, context)),
    prompts: readItems(prompts, 'prompt', 'name', (name) => checkVisibleName('prompt', name)),
    templates: readItems(templates, 'template', 'uriTemplate', (name) => checkVisibleName('template', name)),
    ...(pages.length === 0 ? {} : { pages: pages.map(({ uri, result }) => pinPage(uri, result, context.pages)) }),
  };
}

/** Makes the approval of a surface: from now on it is the allow-list of what the server may say of itself. */
export function approveSurface(surface: Surface, approvedBy: string, approvedAt: number): Baseline {
  return { digest: digestOfSurface(surface), approvedBy, approvedAt, surface };
}

/** Names that were declared but that the server does not have: a typing error would leave the real tool on its guess. */
export function unknownDeclarations(surface: Surface, declared: SurfaceContext['tools']): readonly string[] {
  const known = new Set(surface.tools.map((tool) => tool.name));
  return Object.keys(declared).filter((name) => !known.has(name));
}

function itemsOf(pages: readonly JsonObject[], key: string): readonly JsonObject[] {
  if (pages.length > LIMITS.surfacePagesMax) {
    throw tooLarge(`the server answers ${key} in ${pages.length} pages; ${LIMITS.surfacePagesMax} is the limit`);
  }
  return pages.flatMap((page) => {
    const items = page[key];
    if (!isArray(items) || !items.every(isObject)) throw invalid(`the server's list of ${key} is not a list of objects`);
    return items;
  });
}

type PinOf<K extends Pin['kind']> = Pin & { readonly kind: K };
type Check = (name: string) => void;

function readItems<K extends Pin['kind']>(items: readonly JsonObject[], kind: K, key: string, check: Check): readonly PinOf<K>[] {
  const seen = new Set<string>();
  return items.map((definition) => {
    const name = definition[key];
    if (typeof name !== 'string') throw invalid(`a ${kind} has no ${key}`);
    check(name);
    if (seen.has(name)) throw invalid(`the ${kind} ${JSON.stringify(name)} is listed twice`);
    seen.add(name);
    checkSizes(kind, name, definition);
    return { ...pinOf(kind, name, definition), kind };
  });
}

function checkSizes(kind: string, name: string, definition: JsonObject): void {
  for (const field of ['inputSchema', 'outputSchema'] as const) {
    if (sizeOf(definition[field]) > LIMITS.schemaBytesMax) {
      throw tooLarge(`the ${field} of ${kind} ${JSON.stringify(name)} is over ${LIMITS.schemaBytesMax} bytes`);
    }
  }
  if (sizeOf(definition) > LIMITS.definitionBytesMax) {
    throw tooLarge(`${kind} ${JSON.stringify(name)} is over ${LIMITS.definitionBytesMax} bytes`);
  }
}

function sizeOf(json: Json | undefined): number {
  return json === undefined ? 0 : Buffer.byteLength(JSON.stringify(json));
}

function toTool(pin: PinOf<'tool'>, context: SurfaceContext): Tool {
  const declared = Object.hasOwn(context.tools, pin.name) ? context.tools[pin.name] : undefined;
  return {
    ...pin,
    effect: declared?.effect ?? guessEffect(pin.definition),
    confirmed: declared !== undefined,
    labels: declared?.labels ?? context.labels,
    ...(declared?.dispatches && { dispatches: declared.dispatches }),
    ...(declared?.dryRun && { dryRun: declared.dryRun }),
    ...(declared?.flow && { flow: declared.flow }),
  };
}

function readInstructions(hello: JsonObject): Pin | undefined {
  const text = hello['instructions'];
  if (text === undefined || text === null || text === '') return undefined;
  if (typeof text !== 'string') throw invalid("the server's instructions are not text");
  if (Buffer.byteLength(text) > LIMITS.definitionBytesMax) {
    throw tooLarge(`the server's instructions are over ${LIMITS.definitionBytesMax} bytes`);
  }
  return pinOf('instructions', '', { instructions: text });
}

function readServerInfo(hello: JsonObject): JsonObject {
  const meta = hello['_meta'];
  const info = hello['serverInfo'] ?? (isObject(meta) ? meta[SERVER_INFO] : undefined);
  return isObject(info) ? info : {};
}

function invalid(message: string): SallyportError {
  return new SallyportError('ERR_SURFACE_INVALID', message, {
    remedy: 'the server breaks the protocol here: tell its owner; its surface is refused as a whole',
  });
}

function tooLarge(message: string): SallyportError {
  return new SallyportError('ERR_SURFACE_TOO_LARGE', message, { remedy: 'have the server offer less, or split it in two' });
}
