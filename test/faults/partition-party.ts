import { startCountingServer } from '../fixtures/counting-server.ts';
import { callTool } from '../fixtures/modern-call.ts';

/*
 * The side of the gateway in its own network: an upstream that writes down what it did, and callers that call through the
 * gateway without end. Says where the upstream is; takes one line `{ url, token }` and from then on says each attempt.
 */
const [file = '', callers = '4'] = process.argv.slice(2);
const ANSWER_MS = 20_000;
const PAUSE_MS = 15;

const upstream = startCountingServer(file);
process.stdout.write(`${upstream.url}\n`);

async function callOn(url: string, token: string, name: string): Promise<void> {
  for (let round = 0; ; round += 1) {
    const server = round % 4 === 0 ? 'local' : 'remote';
    const tool = round % 10 === 9 ? 'forbidden' : 'charge';
    const id = `${name}-${round}`;
    const from = Date.now();
    const answer = await callTool(`${url}/mcp/${server}`, token, tool, { id }, AbortSignal.timeout(ANSWER_MS)).catch(() => undefined);
    process.stdout.write(`${JSON.stringify({ id, server, tool, from, to: Date.now(), ...(answer === undefined ? {} : { answer }) })}\n`);
    await Bun.sleep(PAUSE_MS);
  }
}

let said = '';
for await (const chunk of Bun.stdin.stream()) {
  said += new TextDecoder().decode(chunk);
  const [line, ...rest] = said.split('\n');
  if (line === undefined || rest.length === 0) continue;
  said = rest.join('\n');
  const asked: { readonly url: string; readonly token: string } = JSON.parse(line);
  for (let caller = 0; caller < Number(callers); caller += 1) void callOn(asked.url, asked.token, `c${caller}`);
}
process.exit(0);
