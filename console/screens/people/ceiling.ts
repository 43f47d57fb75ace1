import type { AgentRow } from '../../../src/control/agents/answer.ts';

/** A ceiling as the command line writes it: `*`, or `crm=read,write` and `t/desk=*`. */
export function linesOf(allow: AgentRow['allow']): readonly string[] {
  if (allow === '*') return ['*'];
  return allow.map(({ server, toolset, effects }) => `${toolset === undefined ? server ?? '' : `t/${toolset}`}=${effects === '*' ? '*' : effects.join(',')}`);
}

/** As the API takes it; control checks names and effects. */
export function readCeiling(text: string): '*' | readonly object[] {
  const lines = readLines(text);
  if (lines.length === 1 && lines[0] === '*') return '*';
  return lines.map((line) => {
    const at = line.indexOf('=');
    const [what, list] = at < 0 ? [line, '*'] : [line.slice(0, at), line.slice(at + 1)];
    const effects = list === '*' ? '*' : list.split(',').map((one) => one.trim()).filter(Boolean);
    return what.startsWith('t/') ? { toolset: what.slice(2), effects } : { server: what, effects };
  });
}

/** Names with commas between. */
export function readNames(text = ''): readonly string[] {
  return text.split(',').map((one) => one.trim()).filter(Boolean);
}

export function readLines(text = ''): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean);
}
