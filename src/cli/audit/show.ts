import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { asDot, asMermaid, asText } from '../../audit/story/diagram.ts';
import { asPage } from '../../audit/story/page.ts';
import type { Told } from '../../audit/story/page.ts';
import type { Step } from '../../audit/story/story.ts';
import { asSvg } from '../../audit/story/svg.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { show as print } from '../command.ts';
import { part } from '../json-view.ts';
import { plain, time } from '../terminal.ts';
import type { Verb } from '../verbs.ts';
import { noteReach, sinceOf } from './query.ts';
import { revealed } from './reveal.ts';

const FORMATS = ['text', 'mermaid', 'dot', 'svg', 'html'] as const;
type Format = (typeof FORMATS)[number];

const STEPS = z.array(z.object({
  kind: z.enum(['listed', 'called', 'denied', 'refused', 'withheld', 'failed', 'asked', 'labels', 'finding', 'stopped', 'noted']), at: z.number(),
    position: z.int(),
  exchange: z.string().exactOptional(), server: z.string().exactOptional(), tool: z.string().exactOptional(), says: z.string(), details: z.array(z.string()),
}));
const COUNTS = { calls: z.int(), denied: z.int() };
const GRAPH = z.object({
  who: z.string(), agent: z.string(),
  servers: z.array(z.object({
    server: z.string(), ...COUNTS, failed: z.int(), sentBytes: z.number(), receivedBytes: z.number(), carried: z.string(), marked: z.boolean(),
    tools: z.array(z.object({ tool: z.string(), ...COUNTS })),
  })),
  flows: z.array(z.object({ from: z.string(), to: z.string(), carried: z.string(), ...COUNTS })),
});
const SESSION = z.object({
  context: z.string(), principal: z.string().exactOptional(), agent: z.string().exactOptional(), first: z.int(), last: z.int(), firstAt: z.number(),
    lastAt: z.number(),
  records: z.int(), calls: z.int(), denials: z.int(), held: z.int(), failures: z.int(), findings: z.int(), severity: z.string().exactOptional(),
  labels: z.object({ confidentiality: z.string().exactOptional(), categories: z.array(z.string()), untrusted: z.boolean() }),
  servers: z.array(z.object({ server: z.string(), calls: z.int(), denials: z.int() })),
});
const TOLD = z.object({ session: SESSION.nullable(), told: z.object({ steps: STEPS, graph: GRAPH }) });

const MARKS: Readonly<Record<Step['kind'], string>> = {
  listed: '·', called: '→', denied: '✗', refused: '✗', withheld: '✗', failed: '!', asked: '↔', labels: '▲', finding: '⚑', stopped: '■', noted: '·',
};

export const show: Verb = {
  usage: `show <session> [--since 1d] [--after N] [--graph] [--format ${FORMATS.join('|')}] [--out FILE] [--reveal --reason WHY]`,
  options: {
    since: { type: 'string' }, after: { type: 'string' }, graph: { type: 'boolean' }, format: { type: 'string' }, out: { type: 'string' },
    reveal: { type: 'boolean' }, reason: { type: 'string' },
  },
  run: async (call) => {
    const { client, io, options, need } = call;
    const format = readFormat(options.text('format'));
    const answer = await client.get(`/audit/sessions/${encodeURIComponent(need(0, 'a session (see `audit sessions`)'))}`, {
      ...(await revealed(call)), since: sinceOf(options.text('since')), after: options.text('after'),
    });
    const told = readTold(answer);
    const out = options.text('out');
    const view = (): string => drawn(told, format, options.flag('graph'));
    if (out === undefined) print(io, options.json, answer, view);
    else {
      await writeFile(resolve(io.cwd, out), view(), { mode: 0o600 });
      io.note(`Written to ${plain(out)}.`);
    }
    noteReach(io, answer);
    return part(answer, 'damaged') === 0 ? 0 : 1;
  },
};

function readFormat(given = 'text'): Format {
  const format = FORMATS.find((one) => one === given);
  if (format === undefined) throw new SallyportError('ERR_USAGE', `there is no format "${given}"`, { remedy: `Formats: ${FORMATS.join(', ')}.` });
  return format;
}

function readTold(answer: Json): Told {
  const found = TOLD.safeParse(answer, { reportInput: false });
  if (!found.success) throw new SallyportError('ERR_INTERNAL', 'control answered with something else than a session', { remedy: 'Run one version of both.' });
  const { session, told } = found.data;
  return { session: session ?? undefined, ...told };
}

function drawn(told: Told, format: Format, graphOnly: boolean): string {
  const { graph } = told;
  if (format === 'mermaid') return asMermaid(graph);
  if (format === 'dot') return asDot(graph);
  if (format === 'svg') return asSvg(graph);
  if (format === 'html') return asPage(told);
  const safe = madePlain(told);
  return graphOnly ? asText(safe.graph) : `${safe.steps.map(lineOf).join('\n')}\n`;
}

/** Every text in it made safe for a terminal: a name with a line break would otherwise be a line of the story. */
function madePlain(told: Told): Told {
  const safe: Told = JSON.parse(JSON.stringify(told), (_, value: unknown) => (typeof value === 'string' ? plain(value) : value));
  return safe;
}

function lineOf({ kind, at, says, details }: Step): string {
  const more = details.map((detail) => `\n${' '.repeat(27)}${detail}`).join('');
  return `${time(at)}  ${MARKS[kind]} ${says}${more}`;
}
