import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Figure } from '../figures.ts';
import type { Bench } from '../targets/target.ts';

const LINES = 20_000;
/** One line in so many is of MCP. */
const RARE = 500;
const SMALL = 4;
const LARGE = 60;
const Read = z.object({ servers: z.number(), seconds: z.number(), cpuSeconds: z.number(), peakMiB: z.number() });

/** Zeek's http.log as JSON, as it is on a network where few speak MCP: how fast it is read, and whether memory grows with it. */
export async function measureLogs(bench: Bench): Promise<Figure[]> {
  mkdirSync(bench.folder, { recursive: true });
  const folder = mkdtempSync(join(bench.folder, 'logs-'));
  try {
    const part = Array.from({ length: LINES }, (_, at) => lineOf(at)).join('');
    const [small, large] = [write(join(folder, 'small.log'), part, SMALL), write(join(folder, 'large.log'), part, LARGE)];
    const megabytes = statSync(large).size / 1e6;
    // The first run reads what the second finds in the cache of the disk: what is measured is the reading, not the disk.
    const [before] = [await read(small), await read(large)];
    const after = await read(large);
    const rate = megabytes / after.seconds;
    const growth = after.peakMiB - before.peakMiB;
    const parse = megabytes / parseSeconds(part, LARGE);
    return [
      { section: 'logs', name: 'Zeek JSON, one process', value: rate, unit: 'MB/s', target: '≥ 150 MB/s', met: rate >= 150 },
      { section: 'logs', name: 'Zeek JSON, of a second of CPU', value: megabytes / after.cpuSeconds, unit: 'MB' },
      { section: 'logs', name: 'the same lines through JSON.parse alone', value: parse, unit: 'MB/s' },
      { section: 'logs', name: `memory at most, ${Math.round(megabytes)} MB of log`, value: after.peakMiB, unit: 'MiB' },
      { section: 'logs', name: `memory more than with ${LARGE / SMALL} times less log`, value: growth, unit: 'MiB', target: '≤ 64 MiB', met: growth <= 64 },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lineOf(at: number): string {
  const isMcp = at % RARE === 0;
  return `${JSON.stringify({
    ts: 1_763_900_000.123 + at, uid: `C${(at * 7919).toString(36)}x1Dn4vGqTzPb8`, 'id.orig_h': `10.1.2.${at % 250}`, 'id.orig_p': 40_000 + (at % 20_000),
      'id.resp_h': '93.184.216.34',
    'id.resp_p': 80, trans_depth: 1, method: isMcp ? 'POST' : 'GET', host: isMcp ? `tools${at % 7}.corp.example` : `cdn${at % 1000}.example.com`,
    uri: isMcp ? '/mcp' : `/static/js/app.${at}.js?v=12345`, referrer: `http://www.example.com/page/${at}`, version: '1.1',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36', request_body_len: 0,
    response_body_len: 12_345, status_code: 200, status_msg: 'OK', tags: [], resp_fuids: [`F${at}`], resp_mime_types: ['text/plain'],
  })}\n`;
}

function write(path: string, part: string, times: number): string {
  writeFileSync(path, part);
  for (let at = 1; at < times; at += 1) appendFileSync(path, part);
  return path;
}

async function read(path: string): Promise<z.infer<typeof Read>> {
  const run = Bun.spawn([process.execPath, join(import.meta.dir, '..', 'log-reader.ts'), path], { stderr: 'pipe' });
  const [out, code] = [await new Response(run.stdout).text(), await run.exited];
  if (code !== 0) throw new Error(`the reader failed: ${(await new Response(run.stderr).text()).trim().split('\n').at(-1) ?? ''}`);
  const result = Read.parse(JSON.parse(out));
  if (result.servers === 0) throw new Error('the reader found nothing: what was measured is not its work');
  return result;
}

/** The floor of whoever looks at every line. */
function parseSeconds(part: string, times: number): number {
  const startedAt = performance.now();
  for (let at = 0; at < times; at += 1) for (const line of part.split('\n')) if (line !== '') JSON.parse(line);
  return (performance.now() - startedAt) / 1000;
}
