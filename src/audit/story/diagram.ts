import type { Graph, Visited } from './graph.ts';
import { size } from './words.ts';

/** `3 calls, 1 denied`. */
export function countsOf({ calls, denied, failed = 0 }: { readonly calls: number; readonly denied: number; readonly failed?: number }): string {
  const parts = [`${calls} ${calls === 1 ? 'call' : 'calls'}`, ...(denied > 0 ? [`${denied} denied`] : []), ...(failed > 0 ? [`${failed} failed`] : [])];
  return parts.join(', ');
}

/** The graph for a terminal. Text of others is as it came: the terminal's own care is the caller's. */
export function asText({ who, agent, servers, flows }: Graph): string {
  const width = Math.max(0, ...servers.map(({ server }) => server.length));
  const lines = servers.flatMap((one, index) => {
    const [branch, trunk] = index === servers.length - 1 ? ['└', ' '] : ['├', '│'];
    const back = one.receivedBytes > 0 ? `  ◀── ${size(one.receivedBytes)}  ${one.carried}` : '';
    return [`${branch}──▶ ${one.server.padEnd(width)}  ${countsOf(one)}${back}`, ...toolLines(one).map((line) => `${trunk}      ${line}`)];
  });
  const moved = flows.map(({ from, to, carried, ...counts }) => `${from} ══(${carried})══▶ ${to}  ${countsOf(counts)}`);
  const below = moved.length === 0 ? [] : ['', 'What it carried when it turned to another server:', ...moved];
  return `${[who === '' ? agent : `${who} · ${agent}`, ...lines, ...below].join('\n')}\n`;
}

function toolLines({ tools }: Visited): readonly string[] {
  return tools.filter(({ tool }) => tool !== '').map(({ tool, ...counts }) => `${tool}  ${countsOf(counts)}`);
}

/** For Mermaid: names become entities, so that nothing in them is markup. */
export function asMermaid({ who, agent, servers, flows }: Graph): string {
  const at = new Map(servers.map(({ server }, index) => [server, `s${index}`]));
  const lines = servers.flatMap((one, index) => [
    `  s${index}["${entities(one.server)}"]${one.denied > 0 ? ':::denied' : one.marked ? ':::marked' : ''}`,
    `  agent -->|"${entities(countsOf(one))}"| s${index}`,
    ...(one.receivedBytes > 0 ? [`  s${index} -->|"${entities(`${size(one.receivedBytes)} ${one.carried}`)}"| agent`] : []),
  ]);
  const moved = flows.map(({ from, to, carried, ...counts }) =>
    `  ${at.get(from) ?? ''} -.->|"${entities(`${carried}: ${countsOf(counts)}`)}"| ${at.get(to) ?? ''}`);
  const styles = ['  classDef denied stroke:#b3261e,stroke-width:2px', '  classDef marked stroke:#8a5a00,stroke-width:2px'];
  return ['flowchart LR', `  agent(["${entities(`${agent} for ${who}`)}"])`, ...lines, ...moved, ...styles, ''].join('\n');
}

function entities(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,:_/|@-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`);
}

/** For Graphviz. */
export function asDot({ who, agent, servers, flows }: Graph): string {
  const at = new Map(servers.map(({ server }, index) => [server, `s${index}`]));
  const lines = servers.flatMap((one, index) => [
    `  s${index} [label=${quoted(one.server)}, shape=box${one.denied > 0 ? ', color="#b3261e"' : one.marked ? ', color="#8a5a00"' : ''}];`,
    `  agent -> s${index} [label=${quoted(countsOf(one))}];`,
    ...(one.receivedBytes > 0 ? [`  s${index} -> agent [label=${quoted(`${size(one.receivedBytes)} ${one.carried}`)}];`] : []),
  ]);
  const moved = flows.map(({ from, to, carried, ...counts }) =>
    `  ${at.get(from) ?? ''} -> ${at.get(to) ?? ''} [style=dashed, label=${quoted(`${carried}: ${countsOf(counts)}`)}];`);
  return ['digraph session {', '  rankdir=LR;', `  agent [label=${quoted(`${agent} for ${who}`)}, shape=oval];`, ...lines, ...moved, '}', ''].join('\n');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/\p{Cc}/gu, ' ').replaceAll(/["\\]/g, '\\$&')}"`;
}
