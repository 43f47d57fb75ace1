import type { Observed } from '../result.ts';
import { judged, observed } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import { isModern } from '../speak.ts';
import type { Spoken } from '../speak.ts';
import { isSilent } from '../wire.ts';

/** P02: what whoever asks gets without a credential. The tool that is called is one that nobody can have. */
export const probe: Probe = async (scene) => {
  const { discover, hello, session } = await scene.strangers();
  const auth = await scene.auth();
  const isOpen = isModern(discover) || session !== undefined;
  const hellos = [...(isModern(discover) ? ['server/discover'] : []), ...(session === undefined ? [] : ['initialize'])];
  const greeting = isOpen || auth !== undefined
    ? judged('stranger-hello', !isOpen, 'a credential is asked for', `it answers ${hellos.join(' and ')}`)
    : observed('stranger-hello', 'unknown', whyNot([discover, hello]));
  const list = await ask(scene, 'tools/list', {});
  const call = await ask(scene, 'tools/call', { name: `sallyport-no-such-tool-${crypto.randomUUID()}`, arguments: {} });
  return { checks: [toolsOf(list), callOf(call), greeting], ...(auth === undefined ? {} : { facts: { auth } }) };
};

/** In both eras: some servers guard one of them. */
async function ask({ speaker, strangers }: Scene, method: string, params: Readonly<Record<string, string | object>>): Promise<readonly Spoken[]> {
  const { session } = await strangers();
  const plain = JSON.parse(JSON.stringify(params));
  const modern = await speaker.modern(method, plain);
  return [modern, await speaker.legacy(method, plain, session ?? { revision: '2025-11-25', id: undefined })];
}

function toolsOf(answers: readonly Spoken[]): Observed {
  const tools = answers.map(({ result }) => result?.['tools']).find((one) => Array.isArray(one));
  if (Array.isArray(tools)) return observed('stranger-tools', 'fail', `it lists ${tools.length} tools to whoever asks`);
  return refusedOr('stranger-tools', answers);
}

function callOf(answers: readonly Spoken[]): Observed {
  const looked = answers.find(({ result, error, isRefused }) => !isRefused && (result !== undefined || isAboutTool(error)));
  if (looked !== undefined) return observed('stranger-call', 'fail', 'it looked for the tool before it asked who calls');
  return refusedOr('stranger-call', answers);
}

/** Errors of a session or a revision say nothing of the tool. */
function isAboutTool(error: Spoken['error']): boolean {
  return error !== undefined && (error.code === -32_602 || /tool/i.test(error.message));
}

function refusedOr(check: 'stranger-tools' | 'stranger-call', answers: readonly Spoken[]): Observed {
  return answers.some(({ isRefused }) => isRefused) ? observed(check, 'pass', 'refused without a credential') : observed(check, 'unknown', whyNot(answers));
}

function whyNot(answers: readonly Spoken[]): string {
  return [...new Set(answers.map(({ answer }) => (isSilent(answer) ? answer.silence : `an answer with status ${answer.status} that is no MCP`)))].join('; ');
}
