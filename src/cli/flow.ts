import { z } from 'zod';
import { asDot, asMermaid, asText } from '../audit/story/diagram.ts';
import { asSvg } from '../audit/story/svg.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { show } from './command.ts';
import { plain, time } from './terminal.ts';
import { commandOf, type Call, type Verb } from './verbs.ts';

const FORMATS = ['text', 'mermaid', 'dot', 'svg'] as const;
const COUNTS = { calls: z.int(), denied: z.int() };
const STEP = z.object({
  exchange: z.string(), at: z.number(), event: z.string(), sink: z.string(), destinations: z.string(), policies: z.array(z.string()),
  places: z.array(z.object({ at: z.string(), destination: z.string().exactOptional(), from: z.array(z.string()) })),
  sources: z.array(z.object({ source: z.string(), exchange: z.string().exactOptional(), at: z.number().exactOptional(), carried: z.string() })),
});
const TOLD = z.object({
  told: z.object({
    steps: z.array(STEP),
    graph: z.object({
      who: z.string(), agent: z.string(),
      servers: z.array(z.object({
        server: z.string(), ...COUNTS, failed: z.int(), sentBytes: z.number(), receivedBytes: z.number(), carried: z.string(), marked: z.boolean(),
        tools: z.array(z.object({ tool: z.string(), ...COUNTS })),
      })),
      flows: z.array(z.object({ from: z.string(), to: z.string(), carried: z.string(), ...COUNTS })),
    }),
  }),
});
type Told = z.infer<typeof TOLD>['told'];

const explain: Verb = {
  usage: `explain EXCHANGE|CONTEXT [--format ${FORMATS.join('|')}]`,
  options: { format: { type: 'string' } },
  run: async ({ client, io, options, need }) => {
    const format = options.text('format') ?? 'text';
    if (!FORMATS.some((one) => one === format)) {
      throw new SallyportError('ERR_USAGE', `there is no format "${format}"`, { remedy: `Formats: ${FORMATS.join(', ')}.` });
    }
    const answer = await client.get(`/flow/${encodeURIComponent(need(0, 'an exchange, or a context'))}`);
    show(io, options.json, answer, () => drawn(TOLD.parse(answer).told, format));
    return 0;
  },
};

function drawn({ steps, graph }: Told, format: string): string {
  if (format === 'mermaid') return asMermaid(graph);
  if (format === 'dot') return asDot(graph);
  if (format === 'svg') return asSvg(graph);
  if (steps.length === 0) return 'No value of this flowed from anywhere, as far as fingerprints tell.\n';
  return plain(`${steps.map(pathOf).join('\n')}\n${asText(graph)}`, true);
}

/** One call, and under it where its values come from. */
function pathOf({ exchange, at, event, sink, destinations, policies, places, sources }: Told['steps'][number]): string {
  const verdict = event === 'call.denied' ? '✗ denied' : '→ sent';
  const head = `${time(at)}  ${verdict}  ${sink}  destinations: ${destinations}  (exchange ${exchange})`;
  const lines = places.map((place) => {
    const where = place.destination === undefined ? '' : ` is a destination: ${place.destination}`;
    return `    ${place.at}${where}${place.from.length === 0 ? '' : `, from ${place.from.join(', ')}`}`;
  });
  const origins = sources.map((one) => `    ◂ ${one.source}${one.at === undefined ? '' : `,
    last read ${time(one.at)} (exchange ${one.exchange ?? ''})`}${one.carried === '' ? '' : `: ${one.carried}`}`);
  return [head, ...lines, ...origins, ...(policies.length === 0 ? [] : [`    by ${policies.join(', ')}`]), ''].join('\n');
}

const SCOPE = { sink: { type: 'string' }, reason: { type: 'string' }, minutes: { type: 'string' } } as const;

const endorse: Verb = {
  usage: 'endorse CONTEXT VALUE --sink SERVER[/TOOL] --reason WHY [--minutes 60]', options: SCOPE,
  run: async (call) => pass(call, 'endorse', { value: call.need(1, 'the value, for instance an address') }),
};

const declassify: Verb = {
  usage: 'declassify CONTEXT SERVER[/TOOL] --to public|internal|confidential --sink SERVER[/TOOL] --reason WHY [--minutes 60]',
  options: { ...SCOPE, to: { type: 'string' } },
  run: async (call) => pass(call, 'declassify', { source: call.need(1, 'where the data came from'), to: call.needText('to') }),
};

async function pass({ client, io, options, need, needText }: Call, verb: string, said: { readonly [name: string]: Json }): Promise<number> {
  const minutes = options.text('minutes');
  const body = { ...said, sink: needText('sink'), reason: needText('reason'), ...(minutes === undefined ? {} : { minutes: Number(minutes) }) };
  const answer = await client.send('POST', `/contexts/${encodeURIComponent(need(0, 'the context\'s key'))}/${verb}`, body);
  show(io, options.json, answer, () => 'It holds for this context and this sink, from the next call on, and is on record.\n');
  return 0;
}

export const command = commandOf('flow', 'Where values came from and went to, and what may go where', { explain, endorse, declassify });
