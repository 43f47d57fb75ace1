import { CHANNEL } from './channels.ts';
import { PROPERTIES, TOOL } from './places.ts';
import type { Rule, Sight } from './sight.ts';

/**
 * A property (by name and type), or one that the pinned schema doesn't know, that calls of this tool never had. How unusual: how
 * many calls went without it (the rule of succession; Laplace), forgetting, so that a release soon is what is usual. Never a value.
 */
const CALLS_MAX = 400;

export const argumentShape: Rule = {
  width: 0,
  ask(sight) {
    forEach(sight, (cell, calls) => {
      if ((sight.tools.floats[cell] ?? 0) < 0.5) sight.report(CHANNEL.shape, Math.log(calls + 1), Math.round(calls), 0);
    });
  },
  settle(sight, { outcome }) {
    // A refused call shows what somebody tried, not what the tool is used with.
    if (outcome === 'denied' || outcome === 'refused' || sight.tool < 0) return;
    const { floats } = sight.tools;
    const at = sight.tool + TOOL.calls;
    forEach(sight, (cell) => {
      floats[cell] = (floats[cell] ?? 0) + 1;
    });
    floats[at] = (floats[at] ?? 0) + 1;
    if ((floats[at] ?? 0) > CALLS_MAX) floats[at] = CALLS_MAX;
  },
};

/** The tool's cell of each property of this call; the last cell is for those that its schema doesn't know. */
function forEach({ call, tools, tool }: Sight, each: (cell: number, calls: number) => void): void {
  if (tool < 0) return;
  const calls = tools.floats[tool + TOOL.calls] ?? 0;
  for (const { name, type } of call.arguments) each(tool + TOOL.properties + cellOf(name, type), calls);
  if (call.unknownArguments > 0) each(tool + TOOL.properties + PROPERTIES - 1, calls);
}

/** The place of a property, by its name and type, among those of its tool. */
export function cellOf(name: string, type: string): number {
  let hash = type.length * 31 + type.charCodeAt(0);
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x9e3779b1);
  return ((hash ^ (hash >>> 15)) >>> 0) % (PROPERTIES - 1);
}
