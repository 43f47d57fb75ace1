import { publicAddress } from './address.ts';
import { optionOf, optionWords, takeOptions } from './options.ts';
import type { Step, Unwrapper } from './step.ts';
import { commandInLine } from './words.ts';

/** A remote server that a program carries to a client that only starts commands. */
export interface Carried {
  readonly url: string;
  readonly transport: 'http' | 'sse';
  readonly headers: Readonly<Record<string, string>>;
}

const CARRIER = /^(?:mcp-remote|supergateway|mcp-proxy)(?:@.+)?$/;

/** `npx mcp-remote URL --header "K: V"` hides a remote server behind a command. The address and the headers stand as they are there. */
export function carriedBy(command: readonly string[]): Carried | undefined {
  const at = command.findIndex((word) => CARRIER.test(word.split(/[/\\]/).at(-1) ?? ''));
  if (at < 0) return undefined;
  const rest = command.slice(at + 1);
  const url = rest.find((word) => /^https?:\/\//i.test(word));
  if (url === undefined) return undefined;
  const headers = rest.flatMap((word, index) => {
    const match = /^([A-Za-z0-9-]+):\s*(.*)$/s.exec(word);
    return /^(?:--header|-H|--headers)$/.test(rest[index - 1] ?? '') && match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
  });
  const transport = rest.includes('--sse') || rest[rest.indexOf('--transport') + 1] === 'sse-only' ? 'sse' : 'http';
  return { url, transport, headers: Object.fromEntries(headers) };
}

const OPTIONS = optionWords('--port --host --header -H --headers --transport --stdio --sse --streamableHttp --outputTransport --baseUrl --ssePath ' +
  '--messagePath --logLevel --healthEndpoint --cors --api-key --config --server-type --endpoint --env -e --path-prefix --name -p --key ' +
  '--profile --client --env-file -f');

/** `mcp-remote URL`, `supergateway --stdio LINE`, `mcp-proxy -- cmd`: what is carried. */
export const unwrapCarrier: Unwrapper = ({ program, words, around }): Step | undefined => {
  switch (program) {
    case 'mcp-remote':
    case 'supergateway':
    case 'mcp-proxy': {
      const carried = carriedBy([program, ...words.slice(1)]);
      if (carried !== undefined) return { wrapper: program, runs: { kind: 'remote', url: publicAddress(carried.url) } };
      const taken = takeOptions(words.slice(1), OPTIONS);
      const line = optionOf(taken, '--stdio');
      if (line !== undefined && line !== '') {
        const inner = commandInLine(line);
        return inner === undefined ? { wrapper: program, runs: { kind: 'shell', line } } : { wrapper: program, words: inner, around };
      }
      return taken.rest.length === 0 ? undefined : { wrapper: program, words: taken.rest, around };
    }
    case 'mcpo':
    case 'mcp-inspector': {
      const { rest } = takeOptions(words.slice(1), OPTIONS);
      return rest.length === 0 ? undefined : { wrapper: program, words: rest, around };
    }
    case 'fastmcp':
    case 'mcp': {
      const { rest } = takeOptions(words.slice(2), OPTIONS);
      const [target] = rest;
      if ((words[1] !== 'run' && words[1] !== 'dev' && words[1] !== 'proxy') || target === undefined) return undefined;
      if (/^https?:\/\//i.test(target)) return { wrapper: program, runs: { kind: 'remote', url: publicAddress(target) } };
      return { wrapper: program, words: ['python', target.replace(/(\.py):\w+$/, '$1')], around };
    }
    case 'smithery': {
      const { rest } = takeOptions(words.slice(1), OPTIONS);
      const [, server] = takeOptions(rest, OPTIONS).rest;
      if (rest[0] !== 'run' || server === undefined) return undefined;
      return { wrapper: program, runs: { kind: 'remote', url: `https://server.smithery.ai/${server}` } };
    }
    default:
      return undefined;
  }
};
