import { LIMITS } from '../../domain/limits.ts';
import { ask } from './ask.ts';
import type { Asking, Origin } from './ask.ts';
import { legacyHello, legacyList, legacyReady, modernQuestion, openStream } from './questions.ts';
import type { Guise } from './questions.ts';
import { recogniseLegacy, recogniseModern, recogniseStream, toolNames } from './recognise.ts';
import type { Recognised } from './recognise.ts';

/** What a server does for whoever asks, without any credential. */
export interface Exposure {
  /** The tools that it lists; undefined: it does not. Of HTTP+SSE no list is asked for: its stream alone gives a session away. */
  readonly tools: readonly string[] | undefined;
  readonly isOpen: boolean;
  /** It serves what looks like a page of somebody else's: by `Origin`, or by the `Host` that a rebound name sends. */
  readonly foreign: readonly Exclude<Guise, 'own'>[];
}

/** Finds out what a server that answered does for strangers. It lists and greets; it never calls a tool. Sessions are closed again. */
export async function examine(origin: Origin, path: string, recognised: Recognised, asking: Asking): Promise<Exposure> {
  const tools = recognised.era === 'http+sse' ? undefined : await listTools(origin, path, recognised, asking);
  const foreign: Exclude<Guise, 'own'>[] = [];
  for (const guise of ['origin', 'host'] as const) if (await serves(origin, path, recognised, guise, asking)) foreign.push(guise);
  return { tools, isOpen: tools !== undefined || recognised.era === 'http+sse', foreign };
}

async function listTools(origin: Origin, path: string, recognised: Recognised, asking: Asking): Promise<readonly string[] | undefined> {
  if (recognised.era !== 'legacy') {
    const { id, question } = modernQuestion(path, 'tools/list', 'own');
    return toolNames(await ask(origin, question, asking), id, LIMITS.networkToolsMax);
  }
  const session = sessionOf(recognised);
  await ask(origin, legacyReady(path, session), asking);
  const { id, question } = legacyList(path, session);
  const tools = toolNames(await ask(origin, question, asking), id, LIMITS.networkToolsMax);
  await endSession(origin, path, recognised, asking);
  return tools;
}

async function serves(origin: Origin, path: string, { era }: Recognised, guise: Guise, asking: Asking): Promise<boolean> {
  if (era === 'http+sse') return recogniseStream(await ask(origin, openStream(path, guise), asking)) !== undefined;
  const { id, question } = era === 'modern' ? modernQuestion(path, 'server/discover', guise) : legacyHello(path, guise);
  const answer = await ask(origin, question, asking);
  if (era === 'modern') return typeof answer !== 'string' && answer.status < 400 && recogniseModern(answer, id) !== undefined;
  const again = recogniseLegacy(answer, id);
  if (again !== undefined) await endSession(origin, path, again, asking);
  return again !== undefined;
}

function sessionOf(recognised: Recognised): Readonly<Record<string, string>> {
  if (recognised.era !== 'legacy') return {};
  const [revision = ''] = recognised.revisions;
  return { 'mcp-protocol-version': revision, ...(recognised.session === undefined ? {} : { 'mcp-session-id': recognised.session }) };
}

/** What a probe opened, it closes. */
async function endSession(origin: Origin, path: string, recognised: Recognised, asking: Asking): Promise<void> {
  if (recognised.era === 'legacy' && recognised.session !== undefined) {
    await ask(origin, { method: 'DELETE', path, headers: sessionOf(recognised) }, asking);
  }
}
