import { createMcpHandler, hostHeaderValidationResponse, originValidationResponse, type McpServer } from '@modelcontextprotocol/server';

/** A server of the demo, on a free port of this machine. */
export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves what the official SDK v2 makes, in both protocol eras. `guarded`: as a local server should, it answers to no web page. */
export function serve(make: () => McpServer, guarded = true): Served {
  const handler = createMcpHandler(make, { legacy: 'stateless' });
  const answer = (request: Request): Response | Promise<Response> => (guarded ? refusePage(request) : undefined) ?? handler.fetch(request);
  const listener = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch: answer });
  return {
    url: `http://127.0.0.1:${listener.port}/mcp`,
    stop: async () => {
      await handler.close();
      await listener.stop(true);
    },
  };
}

const LOCAL_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/** What a local server owes its machine: no web page that a browser has open can call it. */
function refusePage(request: Request): Response | undefined {
  return hostHeaderValidationResponse(request, LOCAL_NAMES) ?? originValidationResponse(request, LOCAL_NAMES);
}
