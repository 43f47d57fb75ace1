import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { placesOfHome } from '../../src/client-files/table/places.ts';
import type { Figure } from '../figures.ts';
import { peakOf } from '../processes.ts';

const FILES = 50_000;
const FILES_OF_FOLDER = 20;
const SECONDS_MAX = 5;
const MEGABYTES_MAX = 150;
const LOOK_MS = 5;

/** A host on which every client of the table has its files, and 50,000 files lie in project folders: the command, as people run it. */
export async function measureDiscoverHost(): Promise<Figure[]> {
  const root = mkdtempSync(join(tmpdir(), 'sp-bench-host-'));
  try {
    const planted = plant(root);
    const command = [process.execPath, join(import.meta.dir, '../../src/cli/main.ts'), 'discover', 'host', '--root', root, '--no-report', '--json'];
    const startedAt = performance.now();
    const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore', env: { HOME: root, PATH: process.env['PATH'] } });
    let peakBytes = 0;
    const looking = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid))), LOOK_MS);
    const text = await new Response(child.stdout).text();
    clearInterval(looking);
    await child.exited;
    const seconds = (performance.now() - startedAt) / 1000;
    const megabytes = peakBytes / 1e6;
    const found = new Set(text.match(/bench-planted-\d+/g)).size;
    const section = 'discover host';
    return [
      { section, name: `${planted} clients' files, ${FILES.toLocaleString('en')} files of projects`, value: seconds, unit: 's', target: `≤ ${SECONDS_MAX} s`,
        met: seconds <= SECONDS_MAX },
      { section, name: 'memory at most', value: megabytes, unit: 'MB', target: `≤ ${MEGABYTES_MAX} MB`, met: megabytes <= MEGABYTES_MAX },
      { section, name: 'servers found', value: found, unit: `of ${planted}`, target: `${planted}`, met: found === planted },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** How many clients' files were written, each with one server of its own. */
function plant(root: string): number {
  put(join(root, 'etc/passwd'), 'ana:x:1000:1000::/home/ana:/bin/sh\n');
  const home = { folder: join(root, 'home/ana'), platform: 'linux' } as const;
  const places = placesOfHome(home).filter(({ use, scope, pattern }) => use === 'servers' && scope !== 'cache' && /\.jsonc?$/.test(pattern) && !pattern.includes('*'));
  const paths = [...new Set(places.map(({ pattern }) => pattern))];
  const roots = ['mcpServers', 'servers', 'context_servers', 'mcp', 'amp.mcpServers'];
  for (const [index, path] of paths.entries()) {
    const servers = { one: { command: 'npx', args: ['-y', `bench-planted-${index}`] } };
    put(path, JSON.stringify({ theme: 'x', ...Object.fromEntries(roots.map((name) => [name, name === 'mcp' ? { ...servers, servers } : servers])) }));
  }
  for (let at = 0; at < FILES; at += 1) {
    const folder = Math.floor(at / FILES_OF_FOLDER);
    put(join(root, `home/ana/work/p${folder % 50}/src/m${folder % 7}/f${folder}/file${at}.ts`), '');
  }
  return paths.length;
}
