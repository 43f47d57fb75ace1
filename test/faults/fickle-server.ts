import { answerCounting } from '../fixtures/counting-answers.ts';
import { watchInbound } from '../fixtures/tripwire.ts';

/** An upstream that is honest until it is called, and then does what the argument `id` of the call says. */
export interface FickleServer {
  readonly url: string;
  /** Calls that are open now, and those whose caller went away. */
  readonly open: number;
  readonly cut: number;
  stop(): Promise<void>;
}

const MISCHIEFS = ['garbage', 'other-id', 'empty', 'huge', 'endless', 'status', 'redirect', 'hang'] as const;
export type Mischief = (typeof MISCHIEFS)[number];

const MEBIBYTE = new TextEncoder().encode('x'.repeat(1024 * 1024));
const PARAMS = { progressToken: 1, progress: 1, message: 'x'.repeat(8192) };
const PROGRESS = new TextEncoder().encode(`data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/progress', params: PARAMS })}\n\n`);

export function startFickleServer(): FickleServer {
  let open = 0;
  let cut = 0;
  const hang = (signal: AbortSignal): Promise<Response> => {
    open += 1;
    return new Promise((resolve) => signal.addEventListener('abort', () => {
      open -= 1;
      cut += 1;
      resolve(new Response(null));
    }));
  };
  const server = Bun.serve({
    hostname: '127.0.0.1', port: 0, idleTimeout: 0,
    async fetch(request) {
      watchInbound(request);
      const text = await request.text();
      let told: string | undefined;
      const answer = answerCounting(text, (_tool, id) => (told = id));
      const mischief = MISCHIEFS.find((one) => one === told);
      if (mischief === 'hang') return hang(request.signal);
      return mischief === undefined ? Response.json(answer ?? null) : COMMITTED[mischief]();
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/mcp`,
    get open() {
      return open;
    },
    get cut() {
      return cut;
    },
    stop: () => server.stop(true),
  };
}

const COMMITTED: Readonly<Record<Exclude<Mischief, 'hang'>, () => Response>> = {
  garbage: () => new Response('<html>no JSON at all', { headers: { 'content-type': 'application/json' } }),
  'other-id': () => Response.json({ jsonrpc: '2.0', id: 'another call', result: { content: [] } }),
  empty: () => new Response(null, { headers: { 'content-type': 'text/event-stream' } }),
  huge: () => new Response(endless(MEBIBYTE), { headers: { 'content-type': 'application/json' } }),
  endless: () => new Response(endless(PROGRESS), { headers: { 'content-type': 'text/event-stream' } }),
  status: () => new Response('down for maintenance', { status: 500 }),
  redirect: () => new Response(null, { status: 307, headers: { location: 'http://169.254.169.254/latest/meta-data' } }),
};

/** As fast as it is taken, for ever. */
function endless(chunk: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
}
