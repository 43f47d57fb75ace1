import { countsOf } from './diagram.ts';
import type { DataFlow, Graph, Visited } from './graph.ts';
import { escaped, shortened } from './markup.ts';
import { size } from './words.ts';

const WIDTH = 980;
const AGENT = { x: 24, width: 210 } as const;
const SERVER = { x: 470, width: 250 } as const;
const HEAD = 58;
const TOOL = 17;
const GAP = 26;
const TOP = 24;
const TOOLS_SHOWN = 5;
/** Flows that are drawn; the others are counted. */
const LANES = 8;
const LANE = 27;
const LINE = 19;

/** Colours carry no meaning alone: a dashed border and words say the same. */
const STYLE = `text{font:13px/1.3 system-ui,"Segoe UI",Roboto,sans-serif;fill:#1c2430}.small{font-size:11.5px;fill:#56606e}.name{font-weight:600}
.box{fill:#fff;stroke:#9aa5b4;stroke-width:1.2}.agent{fill:#1f3a5f;stroke:#1f3a5f}.onagent{fill:#fff}.onagent.small{fill:#c9d6e6}
.marked{stroke:#8a5a00;stroke-width:2}.denied{stroke:#b3261e;stroke-width:2;stroke-dasharray:5 3}.out,.back,.flow{fill:none}.out{stroke:#3d6ea8}
.back{stroke:#7b8794}.flow{stroke:#8a5a00;stroke-dasharray:6 4;stroke-width:1.8}.stop{stroke:#b3261e}.red{fill:#b3261e}.amber{fill:#8a5a00}
.badge{fill:#fff;stroke:#8a5a00}.badge.stop{stroke:#b3261e}.middle{text-anchor:middle}`;

interface Placed {
  readonly of: Visited;
  readonly y: number;
  readonly height: number;
}

/** The graph as one SVG document without scripts: the agent left, its servers right, on their right what it carried between them. */
export function asSvg(graph: Graph): string {
  const placed: Placed[] = [];
  let y = TOP;
  for (const of of graph.servers) {
    const height = HEAD + Math.min(TOOLS_SHOWN + 1, of.tools.filter(({ tool }) => tool !== '').length) * TOOL;
    placed.push({ of, y, height });
    y += height + GAP;
  }
  const drawn = Math.max(y, 140);
  const middle = drawn / 2;
  const lines = graph.flows.length === 0 ? 0 : Math.min(LANES + 1, graph.flows.length) + 1;
  const total = drawn + lines * LINE;
  const flows = graph.flows.slice(0, LANES).map((flow, lane) => flowPath(flow, lane, placed)).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${total}" width="${WIDTH}" height="${total}" role="img">
<title>${escaped(`Servers and data flow of ${graph.agent} for ${graph.who}`)}</title><style>${STYLE}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 8 4 0 8z" fill="#56606e"/></marker></defs>
${placed.map((one) => edges(one, middle)).join('')}${flows}${agentBox(graph, middle)}${placed.map(serverBox).join('')}${legend(graph.flows, drawn)}</svg>
`;
}

function agentBox({ who, agent }: Graph, middle: number): string {
  return `<rect class="agent" x="${AGENT.x}" y="${middle - 32}" width="${AGENT.width}" height="64" rx="10"/>
<text class="name onagent" x="${AGENT.x + 14}" y="${middle - 6}">${escaped(shortened(agent, 26))}</text>
<text class="small onagent" x="${AGENT.x + 14}" y="${middle + 14}">for ${escaped(shortened(who, 28))}</text>`;
}

function edges({ of, y, height }: Placed, middle: number): string {
  const [from, to] = [AGENT.x + AGENT.width, SERVER.x];
  const at = y + height / 2;
  const bend = (from + to) / 2;
  const weight = Math.min(5, 1.2 + Math.log10(1 + of.calls + of.denied));
  const back = of.receivedBytes === 0 ? ''
    : `<path class="back" d="M${to} ${at + 9}C${bend} ${at + 9} ${bend} ${middle + 9} ${from + 4} ${middle + 9}" marker-end="url(#tip)"/>`;
  const line = `M${from} ${middle - 5}C${bend} ${middle - 5} ${bend} ${at - 5} ${to - 3} ${at - 5}`;
  return `<path class="out${of.calls === 0 ? ' stop' : ''}" stroke-width="${weight.toFixed(1)}" d="${line}" marker-end="url(#tip)"/>${back}`;
}

function serverBox({ of, y, height }: Placed): string {
  const look = of.denied > 0 ? ' denied' : of.marked ? ' marked' : '';
  const named = of.tools.filter(({ tool }) => tool !== '');
  const tools = named.slice(0, TOOLS_SHOWN).map(({ tool, ...counts }, index) => {
    const words = `${escaped(shortened(tool, 22))} · ${countsOf(counts)}`;
    return `<text class="small${counts.denied > 0 ? ' red' : ''}" x="${SERVER.x + 14}" y="${y + HEAD + 4 + index * TOOL}">${words}</text>`;
  });
  const more = named.length > TOOLS_SHOWN
    ? `<text class="small" x="${SERVER.x + 14}" y="${y + HEAD + 4 + TOOLS_SHOWN * TOOL}">and ${named.length - TOOLS_SHOWN} more</text>` : '';
  const got = of.receivedBytes === 0 ? 'nothing received' : `received ${size(of.receivedBytes)} · ${of.carried}`;
  return `<rect class="box${look}" x="${SERVER.x}" y="${y}" width="${SERVER.width}" height="${height}" rx="8"/>
<text class="name" x="${SERVER.x + 14}" y="${y + 20}">${escaped(shortened(of.server, 22))}
<tspan class="small" font-weight="400"> · ${countsOf(of)}</tspan></text>
<text class="small${of.marked ? ' amber' : ''}" x="${SERVER.x + 14}" y="${y + 38}">${escaped(shortened(got, 40))}</text>${tools.join('')}${more}`;
}

/** Each flow in a lane of its own, right of the servers, with its number in the list below. */
function flowPath({ from, to, calls }: DataFlow, lane: number, placed: readonly Placed[]): string {
  const [source, target] = [from, to].map((name) => placed.find(({ of }) => of.server === name));
  if (source === undefined || target === undefined) return '';
  const right = SERVER.x + SERVER.width;
  const out = right + 50 + lane * LANE;
  const [start, end] = [source.y + source.height / 2 + lane * 3, target.y + target.height / 2 - lane * 3];
  const [x, y] = [right + (out - right) * 0.75, (start + end) / 2];
  const stopped = calls === 0;
  return `<path class="flow${stopped ? ' stop' : ''}" d="M${right} ${start}C${out} ${start} ${out} ${end} ${right + 4} ${end}" marker-end="url(#tip)"/>
<circle class="badge${stopped ? ' stop' : ''}" cx="${x}" cy="${y}" r="9"/>
<text class="small middle${stopped ? ' red' : ' amber'}" x="${x}" y="${y + 4}">${lane + 1}</text>`;
}

function legend(flows: readonly DataFlow[], top: number): string {
  const head = `<text class="small" x="${AGENT.x}" y="${top}">What it carried when it turned to another server:</text>`;
  const lines = flows.slice(0, LANES).map(({ from, to, carried, ...counts }, index) => {
    const words = `${index + 1}  ${shortened(from, 24)} → ${shortened(to, 24)}: ${carried}; ${countsOf(counts)}`;
    return `<text class="small ${counts.calls === 0 ? 'red' : 'amber'}" x="${AGENT.x}" y="${top + (index + 1) * LINE}">${escaped(words)}</text>`;
  });
  const more = flows.length > LANES ? `<text class="small" x="${AGENT.x}" y="${top + (LANES + 1) * LINE}">and ${flows.length - LANES} more</text>` : '';
  return flows.length === 0 ? '' : head + lines.join('') + more;
}
