import { LIMITS } from '../../../domain/limits.ts';
import type { Observed } from '../result.ts';
import { allOf, behindDoor, judged, observed } from '../scene.ts';
import type { Entry, Probe, Scene } from '../scene.ts';
import { leaveUnfinished } from '../slow-body.ts';
import { MODERN } from '../speak.ts';
import type { Spoken } from '../speak.ts';
import { isSilent } from '../wire.ts';
import type { Answer, Silence } from '../wire.ts';

/** P11: whether it bounds what it is sent. What weighs anything only with consent. */
export const probe: Probe = async (scene) => {
  const { permission, strangers } = scene;
  await strangers();
  if (!permission.consents.includes('limits')) {
    const told = rateOf(scene) ?? observed('rate-limit', 'unknown', NO_CONSENT);
    return { checks: [told, ...allOf(['body-size', 'deep-json', 'batch', 'slow-body'], 'unknown', NO_CONSENT)] };
  }
  const entry = await scene.entry();
  const slow = await slowBody(scene);
  if (entry.modern === undefined && entry.legacy === undefined) {
    const why = await behindDoor(scene);
    return { checks: [rateOf(scene) ?? observed('rate-limit', 'unknown', why), ...allOf(['body-size', 'deep-json', 'batch'], 'unknown', why), slow] };
  }
  const [size, deep, batch] = [await largeBody(scene, entry), await deepJson(scene, entry), await batched(scene, entry)];
  return { checks: [await rate(scene, entry), size, deep, batch, slow] };
};

const NO_CONSENT = 'the permission has no consent to limits';

/** By what any answer said so far. */
function rateOf({ wire }: Scene): Observed | undefined {
  return wire.limited.size === 0 ? undefined : observed('rate-limit', 'pass', [...wire.limited].join(', '));
}

/** So many cheap questions in a row, at the pace that the permission allows. */
async function rate(scene: Scene, entry: Entry): Promise<Observed> {
  for (let at = 0; at < LIMITS.vendorBurst; at += 1) {
    const told = rateOf(scene);
    if (told !== undefined) return told;
    await ping(scene, entry);
  }
  return rateOf(scene) ?? observed('rate-limit', 'fail', `${LIMITS.vendorBurst} requests in a row, and nothing is said of a limit`);
}

function ping({ speaker }: Scene, { modern, legacy, token }: Entry): Promise<Spoken> {
  return modern === undefined && legacy !== undefined ? speaker.legacy('ping', {}, legacy, { token }) : speaker.modern('server/discover', {}, { token });
}

async function largeBody(scene: Scene, entry: Entry): Promise<Observed> {
  const spoken = await say(scene, entry, JSON.stringify('x'.repeat(LIMITS.vendorLargeBodyBytes)));
  const megabytes = `${LIMITS.vendorLargeBodyBytes / 1024 / 1024} MB`;
  if (isSilent(spoken)) return observed('body-size', spoken.why === 'closed' ? 'pass' : 'unknown', `${megabytes}: ${spoken.silence}`);
  return judged('body-size', spoken.status >= 400, `${megabytes}: ${spoken.status}`, `${megabytes} are taken (${spoken.status})`);
}

async function deepJson(scene: Scene, entry: Entry): Promise<Observed> {
  const deep = await say(scene, entry, '['.repeat(LIMITS.vendorDeepJson) + ']'.repeat(LIMITS.vendorDeepJson));
  const after = await ping(scene, entry);
  const isGone = isSilent(after.answer) && (after.answer.why === 'closed' || after.answer.why === 'late');
  if (isGone) return observed('deep-json', 'fail', 'after it, it does not answer any more');
  if (isSilent(deep)) return observed('deep-json', deep.why === 'closed' || deep.why === 'late' ? 'fail' : 'unknown', deep.silence);
  const isRefused = (deep.status >= 400 && deep.status < 500) || deep.json?.['error'] !== undefined;
  return judged('deep-json', isRefused && deep.status < 500, `refused: ${deep.status}`, `${LIMITS.vendorDeepJson} levels: ${deep.status}`);
}

/** The cheapest question there is, with `padding` (JSON) where a server may ignore it. */
function say({ wire, url }: Scene, { modern, legacy, token }: Entry, padding: string): Promise<Answer | Silence> {
  const head = headOf(modern !== undefined, legacy?.revision, legacy?.id);
  const body = `{"jsonrpc":"2.0","id":"p11","method":"${head.method}","params":{"_meta":{${head.meta}"io.sallyport/padding":${padding}}}}`;
  return wire.ask({ method: 'POST', url, headers: head.headers, id: 'p11', body, ...(token === undefined ? {} : { token }) });
}

async function batched({ wire, url }: Scene, { modern, legacy, token }: Entry): Promise<Observed> {
  const head = headOf(modern !== undefined, legacy?.revision, legacy?.id);
  const one = (id: string): string => `{"jsonrpc":"2.0","id":"${id}","method":"${head.method}","params":{"_meta":{${head.meta}"io.sallyport/padding":0}}}`;
  const answer = await wire.ask({ method: 'POST', url, headers: head.headers, body: `[${one('a')},${one('b')}]`, ...(token === undefined ? {} : { token }) });
  if (isSilent(answer)) return observed('batch', 'unknown', answer.silence);
  const isServed = answer.status < 400 && (/^\s*\[[^]*"result"/.test(answer.text) || answer.json?.['result'] !== undefined);
  return judged('batch', !isServed, `refused: ${answer.status}`, 'several requests in one body are answered');
}

interface Head {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly meta: string;
}

function headOf(isModern: boolean, revision: string | undefined, session: string | undefined): Head {
  const inSession = session === undefined ? {} : { 'mcp-session-id': session };
  if (!isModern) return { method: 'ping', meta: '', headers: { 'mcp-protocol-version': revision ?? '', ...inSession } };
  const version = MODERN;
  return {
    method: 'server/discover', headers: { 'mcp-protocol-version': version, 'mcp-method': 'server/discover' },
    meta: `"io.modelcontextprotocol/protocolVersion":"${version}","io.modelcontextprotocol/clientInfo":{"name":"sallyport-vendor-probe","version":"1"},`
      + '"io.modelcontextprotocol/clientCapabilities":{},',
  };
}

async function slowBody({ wire, url, slowBodyMs, signal }: Scene): Promise<Observed> {
  const place = await wire.place(url);
  if (typeof place === 'string') return observed('slow-body', 'unknown', place);
  const waited = await leaveUnfinished(place, new URL(url), slowBodyMs, signal);
  const seconds = `${slowBodyMs / 1000} s`;
  if (typeof waited === 'string') return observed('slow-body', 'unknown', waited);
  return judged('slow-body', waited.isEnded, `given up within ${seconds}`, `after ${seconds} it still waits`);
}
