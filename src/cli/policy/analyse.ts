import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readManifestFiles } from '../../control/manifest/files.ts';
import { analyseManifest } from '../../control/policies/analysed.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { show } from '../command.ts';
import { objects, part, text } from '../json-view.ts';
import { withProgress } from '../progress.ts';
import { plain, table } from '../terminal.ts';
import type { Call, Verb } from '../verbs.ts';
import { CANDIDATE, candidateOf, CHANGED } from './candidate.ts';
import { pathsAsDot, pathsAsSvg } from './path-picture.ts';

const GRAPHS = ['svg', 'dot'] as const;

export const analyse: Verb = {
  usage: `analyse [-f sallyport.yaml | --policies FOLDER|FILE.cedar... | --proposal ID] [--agent NAME] [--graph ${GRAPHS.join('|')}] [--out FILE]
    agents whose tools combine into a path from a stranger's text to an effect outside, each with its cheapest cut, as policy text; exits
    with 0 when there is none, 3 when there is one. With -f of the manifest alone, without a running control`,
  options: { ...CANDIDATE, agent: { type: 'string' }, graph: { type: 'string' }, out: { type: 'string' } },
  run: async (call) => {
    const { io, options } = call;
    const graph = readGraph(options.text('graph'));
    const answer = await withProgress(io, 'following every agent', () => analysisOf(call));
    const paths = objects(part(answer, 'paths'));
    const view = (): string => (graph === undefined ? describe(answer, paths) : graph === 'svg' ? pathsAsSvg(paths) : pathsAsDot(paths));
    const out = options.text('out');
    if (out === undefined) show(io, options.json, answer, view);
    else {
      await writeFile(resolve(io.cwd, out), options.json ? JSON.stringify(answer, undefined, 2) : view(), { mode: 0o600 });
      io.note(`Written to ${plain(out)}.`);
    }
    return paths.length > 0 ? CHANGED : 0;
  },
};

async function analysisOf(call: Call): Promise<Json> {
  const { client, options } = call;
  const [file, agent] = [options.text('file'), options.text('agent')];
  if (file === undefined) return client.send('POST', '/policies/analyse', { candidate: await candidateOf(call), ...(agent === undefined ? {} : { agent }) });
  if (agent !== undefined || options.list('enforce').length > 0 || options.list('policies').length > 0 || options.text('proposal') !== undefined) {
    throw new SallyportError('ERR_USAGE', 'a manifest is looked at alone', {
      remedy: 'Leave the other options out, or leave -f out to ask the running control.',
    });
  }
  return JSON.parse(JSON.stringify(await analyseManifest(await readManifestFiles(file), Date.now())));
}

function readGraph(given: string | undefined): (typeof GRAPHS)[number] | undefined {
  const graph = GRAPHS.find((one) => one === given);
  if (given !== undefined && graph === undefined) throw new SallyportError('ERR_USAGE', `there is no picture "${given}"`, { remedy: 'Write svg or dot.' });
  return graph;
}

const RULES: Readonly<Record<string, string>> = {
  leak: 'a stranger\'s text can send away what is confidential', damage: 'a stranger\'s text can destroy, run or pay',
};

function describe(answer: Json, paths: readonly JsonObject[]): string {
  const held = objects(part(answer, 'held'));
  const looked = `${text(part(answer, 'callers'))} callers and ${text(part(answer, 'tools'))} tools were looked at.\n`;
  const found = paths.length === 0 ? `No agent's tools combine into a path from a stranger's text to an effect outside.\n` : paths.map(describePath).join('\n');
  const stopped = held.map((one) => [text(one['caller']), RULES[text(one['rule'])] ?? '', text(one['by']) || 'no order of calls leads there']);
  return looked + found + (held.length === 0 ? '' : `\nPaths that policy stands in:\n${table(['who', 'what could be', 'policies'], stopped)}`);
}

function describePath(path: JsonObject): string {
  const rows = [
    ['reads what anybody may write', text(path['untrusted'])], ['reads what is not public', text(path['sensitive'])], ['acts outside', text(path['effects'])],
  ].filter(([, tools]) => tools !== '');
  const cuts = [path['cut'], ...objects(path['alternatives'])].map((cut) => cutOf(cut));
  return `\n${plain(`${text(path['caller'])}: ${RULES[text(path['rule'])] ?? ''}`)}\n${table(['part', 'tools'], rows)}`
    + `${table(['cut', 'what', 'calls in 30 days'], cuts)}The cheapest, as policy text:\n\n${plain(text(part(path['cut'], 'text')), true)}`;
}

function cutOf(cut: Json | undefined): readonly string[] {
  const [kind, tools] = [text(part(cut, 'kind')), text(part(cut, 'tools'))];
  const what = kind === 'flow' ? text(part(cut, 'text')).trim() : kind === 'approve' ? `a person approves ${tools}` : `forbid ${tools}`;
  return [kind, what, text(part(cut, 'uses'))];
}
