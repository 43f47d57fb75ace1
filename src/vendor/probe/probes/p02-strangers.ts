import type { Observed } from '../result.ts';
import { judged, NO_SESSION, observed } from '../scene.ts';
import type { Probe } from '../scene.ts';
import { isModern } from '../speak.ts';
import type { Spoken } from '../speak.ts';
import { isSilent } from '../wire.ts';

/** P02: what whoever asks gets without a credential. The tool that is called is one that nobody can have. */
export const probe: Probe = async (scene) => {
  const { discover, hello, session, lists, opensStream } = await scene.strangers();
  const auth = await scene.auth();
  const isOpen = isModern(discover) || session !== undefined || opensStream;
  const hellos = [
    ...(isModern(discover) ? ['server/discover'] : []), ...(session === undefined ? [] : ['initialize']),
    ...(opensStream ? ['with the stream of 2024-11-05'] : []),
  ];
  const greeting = isOpen || auth !== undefined
    ? judged('stranger-hello', !isOpen, 'a credential is asked for', `it answers ${hellos.join(' and ')}`)
    : observed('stranger-hello', 'unknown', whyNot([discover, hello]));
  const params = { name: `sallyport-no-such-tool-${crypto.randomUUID()}`, arguments: {} };
  const calls = [await scene.speaker.modern('tools/call', params), await scene.speaker.legacy('tools/call', params, session ?? NO_SESSION)];
  return { checks: [toolsOf(lists), callOf(calls), greeting], ...(auth === undefined ? {} : { facts: { auth } }) };
};

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
