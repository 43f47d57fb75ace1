import { connect } from 'node:net';
import { answerCounting } from '../fixtures/counting-answers.ts';

/** What a party of the test network does: `serve` an MCP server at all its addresses, or `connect HOST PORT` and say how that went. */
const [deed, host = '', port = ''] = process.argv.slice(2);

function serve(): void {
  Bun.serve({
    hostname: '::', port: 8080, idleTimeout: 0,
    async fetch(request) {
      if (request.method !== 'POST') return new Response(null, { status: 405 });
      const answer = answerCounting(await request.text(), () => undefined);
      return answer === undefined ? new Response(null, { status: 202 }) : Response.json(answer, { status: 'error' in answer ? 404 : 200 });
    },
  });
  Bun.serve({ hostname: '::', port: 5432, fetch: () => new Response('a database') });
  process.stdout.write('listening\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
  process.exit(0);
}

if (deed === 'serve') serve();
else connect({ host, port: Number(port) }).on('connect', () => say('connected')).on('error', (error) => say('code' in error ? String(error.code) : 'failed'));
