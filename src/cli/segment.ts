import { isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { SEGMENT_FORMATS } from '../domain/segment.ts';
import { usageError } from './arguments.ts';
import { show } from './command.ts';
import { objects, part, text } from './json-view.ts';
import { readObserved } from './segment-observed.ts';
import { plain, table } from './terminal.ts';
import { commandOf } from './verbs.ts';
import type { Call, Verb } from './verbs.ts';

const FORMAT = { format: { type: 'string' } } as const;

const exportRules: Verb = {
  usage: 'export --format nftables|kubernetes [--check]',
  options: { ...FORMAT, check: { type: 'boolean' } },
  run: async (call) => {
    const { client, io, options } = call;
    const answer = await client.get('/segments', { format: formatOf(call) });
    const gaps = objects(part(answer, 'gaps'));
    if (options.flag('check')) {
      show(io, options.json, withoutRules(answer), () =>
        `${describeDemands(answer)}${gaps.length === 0 ? 'Every hosted server has a segment.\n' : describeGaps(gaps)}`);
      return gaps.length === 0 ? 0 : 1;
    }
    // The rules go where they are loaded; what they leave open is said beside them, never in silence.
    show(io, options.json, answer, () => text(part(answer, 'rules')));
    for (const gap of gaps) io.note(`open: ${plain(text(gap['server']))} ${plain(text(gap['why']))}; ${plain(text(gap['remedy']))}`);
    return 0;
  },
};

const check: Verb = {
  usage: `check --format nftables|kubernetes FILE|-
          FILE: what \`nft -j list ruleset\` or \`kubectl get networkpolicies -A -o json\` printed where it is enforced; - is standard input`,
  options: FORMAT,
  run: async (call) => {
    const { client, io, options } = call;
    const format = formatOf(call);
    const observed = await readObserved(call.need(0, 'the listing'), io.cwd);
    const answer = await client.send('POST', '/segments/check', { format, observed });
    const drift = objects(part(answer, 'drift'));
    show(io, options.json, answer, () => (drift.length === 0
      ? 'What is loaded is what the registry compiles to.\n'
      : `${table(['where', 'is', 'what'], drift.map((one) => [text(one['at']), text(one['what']), text(one['detail'])]))}
This is on record. Load it anew: sallyport segment export --format ${format}\n`));
    return drift.length === 0 ? 0 : 1;
  },
};

function formatOf({ needText }: Call): string {
  const format = needText('format');
  if (!SEGMENT_FORMATS.some((known) => known === format)) throw usageError(command, `--format is one of ${SEGMENT_FORMATS.join(', ')}`);
  return format;
}

function withoutRules(answer: Json): JsonObject {
  return isObject(answer) ? Object.fromEntries(Object.entries(answer).filter(([key]) => key !== 'rules')) : {};
}

function describeGaps(gaps: readonly JsonObject[]): string {
  return table(['server', 'left open', 'do'], gaps.map((gap) => [text(gap['server']), text(gap['why']), text(gap['remedy'])]));
}

function describeDemands(answer: Json): string {
  return table(['server', 'must demand of the gate', 'certificate (SHA-256)'], objects(part(answer, 'demands')).map((demand) => [
    text(demand['server']), text(demand['says']), text(demand['certificate']),
  ]));
}

export const command = commandOf(
  'segment', 'Network rules by which hosted servers accept only the gate, and what is loaded of them', { export: exportRules, check },
);
