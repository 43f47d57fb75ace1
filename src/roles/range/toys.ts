import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { toySocket } from './places.ts';

export type ToyHandler = (request: Request) => Response | Promise<Response>;

/** The toy servers of a range. They run here, outside its network, each at the one place that the range has a passage to. */
interface Toys {
  serve(name: string, handler: ToyHandler, tell: (line: Json) => Promise<Json>): Promise<{ readonly url: string }>;
  stop(): Promise<void>;
}

interface Toy {
  readonly url: string;
  handler: ToyHandler;
  stop(): Promise<void>;
}

const NAME = /^[a-z0-9-]{1,40}$/;

export function createToys(home: string): Toys {
  const toys = new Map<string, Toy>();
  return {
    async serve(name, handler, tell) {
      if (!NAME.test(name)) throw new SallyportError('ERR_RANGE_REFUSED', 'a toy server has an odd name', { remedy: 'Use a-z, 0-9 and -.' });
      const known = toys.get(name);
      if (known !== undefined) {
        known.handler = handler;
        return { url: known.url };
      }
      const answer = await tell({ open: name });
      const server = listen(toySocket(home, name), (request) => toy.handler(request));
      const toy: Toy = { url: `http://127.0.0.1:${isObject(answer) ? JSON.stringify(answer['port']) : ''}/mcp`, handler, stop: () => server.stop(true) };
      toys.set(name, toy);
      return { url: toy.url };
    },
    async stop() {
      await Promise.all([...toys.values()].map((toy) => toy.stop()));
    },
  };
}

function listen(path: string, handler: ToyHandler): { stop(closeActiveConnections: boolean): Promise<void> } {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return Bun.serve({
    unix: path,
    fetch(request, server) {
      // A server may keep a stream open for as long as it likes.
      server.timeout(request, 0);
      return handler(request);
    },
  });
}
