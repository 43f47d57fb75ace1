import { escaped, shortened } from '../../audit/story/markup.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray } from '../../domain/json.ts';
import { part, text } from '../json-view.ts';

/* Paths through agents, drawn: what a stranger writes and what is confidential on the left, the agent, and effects on the right. */

const PARTS = ['untrusted', 'sensitive', 'effects'] as const;
type PartName = (typeof PARTS)[number];
const TITLES: Readonly<Record<PartName, string>> = { untrusted: 'anybody may write', sensitive: 'not public', effects: 'acts outside' };

function toolsOf(path: JsonObject, of: PartName): readonly string[] {
  const tools = path[of];
  return isArray(tools) ? tools.map(text) : [];
}

/** What the cheapest cut takes away. */
function cutIn(path: JsonObject): ReadonlySet<string> {
  const tools: Json | undefined = part(path['cut'], 'tools');
  return new Set(isArray(tools) ? tools.map(text) : []);
}

/** For Graphviz. */
export function pathsAsDot(paths: readonly JsonObject[]): string {
  const lines = paths.flatMap((path, index) => {
    const cut = cutIn(path);
    const agent = `a${index}`;
    return [`  ${agent} [label=${quoted(text(path['caller']))}, shape=oval];`, ...PARTS.flatMap((of) => toolsOf(path, of).flatMap((tool, at) => {
      const node = `${agent}_${of}_${at}`;
      const style = cut.has(tool) ? ', color="#b3261e", style=dashed' : '';
      const edge = of === 'effects' ? `${agent} -> ${node}` : `${node} -> ${agent}`;
      return [`  ${node} [label=${quoted(`${tool}\n${TITLES[of]}${cut.has(tool) ? ' · cut here' : ''}`)}, shape=box${style}];`, `  ${edge};`];
    }))];
  });
  return ['digraph paths {', '  rankdir=LR;', ...lines, '}', ''].join('\n');
}

function quoted(words: string): string {
  return `"${words.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', String.raw`\n`).replaceAll(/\p{Cc}/gu, ' ')}"`;
}

const WIDTH = 900;
const BOX = { width: 250, height: 42, gap: 12 } as const;
const LEFT = 20;
const AGENT = 340;
const RIGHT = WIDTH - BOX.width - 20;
const TOP = 34;
/** Colours carry no meaning alone: a dashed border and words say the same. */
const STYLE = `text{font:13px/1.3 system-ui,"Segoe UI",Roboto,sans-serif;fill:#1c2430}.small{font-size:11.5px;fill:#56606e}.name{font-weight:600}
.box{fill:#fff;stroke:#9aa5b4;stroke-width:1.2}.untrusted{stroke:#8a5a00;stroke-width:2}.cut{stroke:#b3261e;stroke-width:2;stroke-dasharray:5 3}
.agent{fill:#1f3a5f}.onagent{fill:#fff}.line{fill:none;stroke:#56606e}.line.cut{stroke:#b3261e}`;

/** One SVG document without scripts: every path below the one before. */
export function pathsAsSvg(paths: readonly JsonObject[]): string {
  let y = 0;
  const drawn = paths.map((path) => {
    const { markup, height } = pathAt(path, y);
    y += height;
    return markup;
  });
  const total = Math.max(y, 60);
  const none = paths.length === 0 ? `<text x="${LEFT}" y="36">No path from a stranger's text to an effect outside.</text>` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" role="img">
<title>Paths from a stranger's text to an effect outside</title><style>${STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#56606e"/></marker></defs>
${drawn.join('')}${none}</svg>
`;
}

function pathAt(path: JsonObject, top: number): { readonly markup: string; readonly height: number } {
  const cut = cutIn(path);
  const left = (['untrusted', 'sensitive'] as const).flatMap((of) => toolsOf(path, of).map((tool) => ({ tool, of })));
  const right = toolsOf(path, 'effects').map((tool) => ({ tool, of: 'effects' as const }));
  const height = Math.max(left.length, right.length, 1) * (BOX.height + BOX.gap);
  const middle = top + TOP + height / 2;
  const yOf = (at: number, of: number): number => middle + (at - of / 2) * (BOX.height + BOX.gap) + BOX.gap / 2;
  const boxes = [
    ...left.map((one, at) => ({ ...one, x: LEFT, y: yOf(at, left.length) })), ...right.map((one, at) => ({ ...one, x: RIGHT, y: yOf(at, right.length) })),
  ];
  const tools = boxes.map(({ tool, of, x, y }) => {
    const isCut = cut.has(tool);
    const [from, to] = of === 'effects' ? [AGENT + 180, RIGHT - 3] : [LEFT + BOX.width, AGENT - 3];
    const [start, end] = of === 'effects' ? [middle, y + BOX.height / 2] : [y + BOX.height / 2, middle];
    const bend = (from + to) / 2;
    return `<path class="line${isCut ? ' cut' : ''}" d="M${from} ${start}C${bend} ${start} ${bend} ${end} ${to} ${end}" marker-end="url(#tip)"/>
<rect class="box${isCut ? ' cut' : of === 'untrusted' ? ' untrusted' : ''}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="8"/>
<text class="name" x="${x + 12}" y="${y + 18}">${escaped(shortened(tool, 32))}</text>
<text class="small" x="${x + 12}" y="${y + 34}">${TITLES[of]}${isCut ? ' · cut here' : ''}</text>`;
  });
  const agent = `<rect class="agent" x="${AGENT}" y="${middle - 24}" width="180" height="48" rx="10"/>
<text class="name onagent" x="${AGENT + 12}" y="${middle + 4}">${escaped(shortened(text(path['caller']), 24))}</text>`;
  return { markup: tools.join('') + agent, height: height + TOP };
}
