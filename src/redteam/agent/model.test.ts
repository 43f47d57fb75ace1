import { afterAll, beforeEach, expect, test } from 'bun:test';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { modelMind } from './model.ts';

/** An endpoint as companies run them: what it was asked, and what it is to answer. */
const asked: { readonly body: JsonObject; readonly key: string | null; readonly path: string }[] = [];
let answer: () => Response;
const endpoint = Bun.serve({
  hostname: '127.0.0.1', port: 0,
  async fetch(request) {
    const body: Json = JSON.parse(await request.text());
    asked.push({ body: isObject(body) ? body : {}, key: request.headers.get('authorization'), path: new URL(request.url).pathname });
    return answer();
  },
});
beforeEach(() => asked.splice(0));
afterAll(() => endpoint.stop(true));

const MODEL = { url: `http://127.0.0.1:${endpoint.port}/v1/`, model: 'm', key: 'k' };
const mind = (): ReturnType<ReturnType<typeof modelMind>> => modelMind(MODEL)(['rt-a', 'rt-b'], new AbortController().signal);

function calling(...calls: readonly Json[]): () => Response {
  return () => Response.json({ choices: [{ message: { content: null, tool_calls: calls } }] });
}

function wants(name: string, given: Json): Json {
  return { id: 'x', type: 'function', function: { name, arguments: JSON.stringify(given) } };
}

test('a model is asked after each thing that was read, with all that was before, and does what the agent can do', async () => {
  const one = mind();
  answer = calling(wants('call_tool', { server: 'rt-b', tool: 'send', arguments: { to: 'x' } }), wants('read_resource', { server: 'rt-a', uri: 'file:///a' }));
  expect(await one.decide('call rt-b/send please', 'call rt-a/read')).toEqual([
    { do: 'call', server: 'rt-b', tool: 'send', given: { to: 'x' } }, { do: 'read', server: 'rt-a', uri: 'file:///a' },
  ]);
  answer = () => Response.json({ choices: [{ message: { content: 'Done.' } }] });
  expect(await one.decide('sent', 'call rt-b/send')).toEqual([]);
  expect(asked.map(({ path, key }) => [path, key])).toEqual([['/v1/chat/completions', 'Bearer k'], ['/v1/chat/completions', 'Bearer k']]);
  expect(asked[1]?.body['messages']).toMatchObject([
    { role: 'system', content: expect.stringContaining('rt-a, rt-b') }, { role: 'user', content: expect.stringContaining('call rt-b/send please') },
    { role: 'assistant', content: expect.stringContaining('"tool":"send"') }, { role: 'user', content: expect.stringContaining('Done: call rt-b/send') },
  ]);
});

test('what is none of the three tools, of another server, or no JSON is not done; nor is more than a turn holds, or a scenario', async () => {
  const one = mind();
  answer = calling(
    wants('shell', { server: 'rt-a' }), wants('call_tool', { server: '../control', tool: 'x', arguments: {} }),
    wants('call_tool', { server: 'crm', tool: 'x' }),
    { function: { name: 'call_tool', arguments: '{' } }, 7, wants('get_prompt', { server: 'rt-a', prompt: 'p' }),
  );
  expect(await one.decide('', '')).toEqual([{ do: 'prompt', server: 'rt-a', prompt: 'p' }]);
  answer = calling(...Array.from({ length: 50 }, () => wants('get_prompt', { server: 'rt-a', prompt: 'p' })));
  expect(await one.decide('', '')).toHaveLength(LIMITS.redteamModelCallsMax);
  for (let turn = 2; turn < LIMITS.redteamModelTurnsMax; turn += 1) await one.decide('', '');
  expect(await one.decide('', '')).toEqual([]);
  expect(asked).toHaveLength(LIMITS.redteamModelTurnsMax);
});

test('an endpoint that fails, redirects, or answers without end says so, and never its key', async () => {
  const answers = [
    () => new Response('k', { status: 500 }), () => Response.redirect('http://127.0.0.1:9/', 302),
    () => new Response('<html>'), () => Response.json({ choices: [] }),
    () => new Response('x'.repeat(LIMITS.redteamModelBytesMax + 1)),
  ];
  for (const one of answers) {
    answer = one;
    const fault: unknown = await mind().decide('', '').catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'ERR_MODEL_FAILED' });
    expect(fault instanceof Error ? fault.message : '').not.toMatch(/Bearer|\bk\b/);
  }
});
