import type { JsonObject } from '../../../domain/json.ts';
import type { CheckId } from '../checks.ts';
import type { Observed } from '../result.ts';
import { allOf, judged } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import type { Heard } from '../wire.ts';

/** What software says of itself when it breaks. Never quoted in evidence: what was given away once is not passed on. */
const LEAKS: Readonly<Record<Extract<CheckId, 'stack-trace' | 'file-path' | 'sql-error' | 'key-name'>, RegExp>> = {
  'stack-trace': new RegExp([
    String.raw`\bat [^\s()]{1,200} ?\([^\s()]{1,300}:\d{1,7}:\d{1,7}\)`, String.raw`\bat [\w.$]{1,200}\([\w$]{1,100}\.java:\d{1,7}\)`,
    String.raw`Traceback \(most recent call last\)`, String.raw`goroutine \d{1,9} \[`,
  ].join('|')),
  'file-path': new RegExp([
    String.raw`(?:^|[\s"'(=:;])/(?:home|usr|var|opt|srv|app|root|Users|workspace)/[\w.@-]{1,100}/[\w./@-]{1,300}`, String.raw`\b[A-Z]:\\\\?[\w .-]{1,100}\\`,
    '/(?:node_modules|site-packages|dist-packages)/',
  ].join('|')),
  'sql-error': /SQLSTATE|\bORA-\d{5}\b|syntax error at or near|error in your SQL syntax|SQLITE_(?:ERROR|CONSTRAINT)|\bSELECT [\w*,. "]{1,200} FROM \w/,
  'key-name': new RegExp([
    '-----BEGIN [A-Z ]{1,40}-----',
    String.raw`\b(?:AWS|AZURE|GCP|GOOGLE|OPENAI|ANTHROPIC|DB|DATABASE|POSTGRES|REDIS|JWT|SIGNING|ENCRYPTION|MASTER|STRIPE|GITHUB)_`
      + String.raw`(?:[A-Z0-9]{1,30}_){0,4}(?:KEY|SECRET|TOKEN|PASSWORD|URL)\b`,
  ].join('|')),
};

const BANNERS = ['server', 'x-powered-by', 'x-aspnet-version', 'x-runtime', 'x-generator'];
const ERRORS_MAX = 200;
/** What gives something away, gives it away early. */
const LEAK_CHARS_MAX = 32_768;
/** A tool that nobody can have. */
const NO_TOOL = 'sallyport-no-such-tool-8d0b7f0c';

/** P10: asks for a few things that are wrong, and reads every error that this run has heard. */
export const probe: Probe = async (scene) => {
  await provoke(scene);
  const errors = scene.wire.heard.filter(isError).slice(0, ERRORS_MAX);
  const banners = bannersOf(scene.wire.heard);
  const all = ['stack-trace', 'file-path', 'sql-error', 'key-name'] as const;
  const leaks = errors.length === 0 ? allOf(all, 'unknown', 'it answered no error') : all.map((check) => leakOf(check, errors));
  if (scene.wire.heard.length === 0) return { checks: allOf([...all, 'version-banner'], 'unknown', 'it answered nothing') };
  return { checks: [...leaks, judged('version-banner', banners.length === 0, 'none', banners.join(', '))] };
};

/** Malformed JSON, a message that is none, a method that is none, wrong types: as the stranger, and as whoever is let in. */
async function provoke({ wire, url, entry, speaker }: Scene): Promise<void> {
  const { token, modern, legacy } = await entry();
  for (const body of ['{"jsonrpc":', '[]', 'null', '{"jsonrpc":"2.0","id":1,"method":{}}']) {
    await wire.ask({ method: 'POST', url, body });
    if (token !== undefined) await wire.ask({ method: 'POST', url, body, token });
  }
  const wrong: readonly (readonly [string, JsonObject])[] = [
    ['sallyport/no-such-method', {}], ['tools/call', { name: { $ne: null }, arguments: '\'' }], ['tools/call', { name: NO_TOOL, arguments: {} }],
    ['tools/list', { cursor: '\' OR \'1\'=\'1' }],
  ];
  for (const [method, params] of wrong) {
    if (modern !== undefined) await speaker.modern(method, params, { token });
    if (legacy !== undefined) await speaker.legacy(method, params, legacy, { token });
  }
  await wire.ask({ method: 'GET', url: `${url.replace(/\/$/, '')}/sallyport-no-such-path` });
}

function isError({ answer: { status, json } }: Heard): boolean {
  return status >= 400 || json?.['error'] !== undefined;
}

function leakOf(check: keyof typeof LEAKS, errors: readonly Heard[]): Observed {
  const found = errors.find(({ answer }) => LEAKS[check].test(answer.text.slice(0, LEAK_CHARS_MAX)));
  const where = found === undefined ? '' : `${found.question.method} ${new URL(found.question.url).pathname}, ${found.answer.status}`;
  return judged(check, found === undefined, `in none of ${errors.length} errors`, `in the answer to ${where}`);
}

function bannersOf(heard: readonly Heard[]): readonly string[] {
  const named = heard.flatMap(({ answer: { headers } }) => BANNERS.map((name) => [name, headers.get(name) ?? ''] as const));
  return [...new Set(named.filter(([, value]) => /\d+\.\d+/.test(value)).map(([name, value]) => `${name}: ${value}`))].slice(0, 5);
}
