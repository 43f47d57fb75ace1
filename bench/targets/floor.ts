import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, freePort, startProcess, startScript, waitFor } from './target.ts';
import type { Bench, Running, Target } from './target.ts';

/** No hop at all: what the stub and the generator cost. */
export const direct: Target = {
  name: 'direct',
  label: 'stub, nothing between',
  transport: 'plaintext',
  start: (bench) => Promise.resolve({ url: bench.upstream, headers: {}, parts: [], stop: () => Promise.resolve() }),
};

function hopTarget(name: string, label: string, transport: Target['transport']): Target {
  return {
    name,
    label,
    transport,
    async start(bench) {
      const tls = transport === 'tls';
      const { pid, port, stop } = await startScript('hop.ts', [bench.upstream, ...(tls ? [bench.tls.certPath, bench.tls.keyPath] : [])]);
      const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}/mcp`;
      return { url, headers: {}, ...(tls ? { ca: bench.tls.ca } : {}), parts: [{ name: 'hop', pid }], stop };
    },
  };
}

export const hop = hopTarget('hop', 'bare Bun hop (parse, forward)', 'plaintext');
export const hopTls = hopTarget('hop-tls', 'bare Bun hop, TLS 1.3', 'tls');

function nginxConfiguration(bench: Bench, folder: string, port: number, tls: boolean): string {
  const { host } = new URL(bench.upstream);
  return `
daemon off; master_process on; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 10000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream stub { server ${host}; keepalive 128; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    ${tls ? `ssl_certificate ${bench.tls.certPath}; ssl_certificate_key ${bench.tls.keyPath}; ssl_protocols TLSv1.3;` : ''}
    location / { proxy_pass http://stub; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;
}

function nginxTarget(name: string, label: string, transport: Target['transport']): Target {
  return {
    name,
    label,
    transport,
    async start(bench): Promise<Running> {
      const folder = join(bench.folder, name);
      mkdirSync(folder, { recursive: true });
      const port = freePort();
      const tls = transport === 'tls';
      writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(bench, folder, port, tls));
      const child = startProcess(['/usr/sbin/nginx', '-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf'), '-g', 'user root;']);
      await waitFor(name, () => accepts(port), child);
      return {
        url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/mcp`,
        headers: {},
        ...(tls ? { ca: bench.tls.ca } : {}),
        parts: [{ name: 'nginx', pid: child.pid }],
        stop: child.stop,
      };
    },
  };
}

export const nginx = nginxTarget('nginx', 'nginx 1.22, plain proxy', 'plaintext');
export const nginxTls = nginxTarget('nginx-tls', 'nginx 1.22, TLS 1.3', 'tls');
