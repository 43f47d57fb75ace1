import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookAtLogs } from '../../../src/discover/logs/look.ts';
import { knowledgeOf, shippedTables } from '../../../src/knowledge/table.ts';
import type { LookAlike, Plant, Planted } from './planted.ts';

const NOISE = 200;
const AT = 1_763_900_000;

/** A log: its lines, with many between them that say nothing. */
function log(folder: string, name: string, lines: readonly string[], noise: (at: number) => string): string {
  const path = join(folder, name);
  const quiet = Array.from({ length: NOISE }, (_, at) => noise(at));
  writeFileSync(path, `${[...quiet, ...lines, ...quiet].join('\n')}\n`);
  return path;
}

function zeek(record: object): string {
  return JSON.stringify({
    ts: AT, uid: 'CHhAvVGS1DHFjwGM9', 'id.orig_h': '10.0.0.5', 'id.orig_p': 40000, 'id.resp_h': '10.0.0.9', 'id.resp_p': 80, trans_depth: 1, method: 'GET',
    host: 'intranet.corp.example', uri: '/', status_code: 200, ...record,
  });
}

function eve(http: object): string {
  return JSON.stringify({ timestamp: '2026-11-23T10:00:00.000000+0000', event_type: 'http', src_ip: '10.0.0.6', dest_port: 80, http });
}

function squid(method: string, target: string): string {
  return `1763900000.123    345 10.0.0.7 TCP_MISS/200 4567 ${method} ${target} bob HIER_DIRECT/1.2.3.4 text/html`;
}

function nginx(request: string, status: number): string {
  return `10.0.0.8 - - [23/Nov/2026:10:00:00 +0000] "${request} HTTP/1.1" ${status} 12 "-" "undici"`;
}

function coredns(name: string): string {
  return `[INFO] 10.0.0.5:40123 - 4567 "A IN ${name}. udp 45 false 512" NOERROR qr,rd,ra 106 0.0123s`;
}

function server(what: string, key: string, confidenceMin: number): Plant {
  return { what, kind: 'server', keys: [key], confidenceMin, by: 'log' };
}

const PLANTS: readonly Plant[] = [
  server('a modern server, by its header in EVE', 'url:http://ledger.logs.example/rpc', 95),
  server('a legacy server, by what was posted to it in Zeek', 'url:http://tools.logs.example/mcp', 70),
  server('HTTP+SSE, by both of its paths in Zeek', 'url:http://old.logs.example/sse', 75),
  server('a vendor, in a tunnel through Squid', 'host:mcp.notion.com', 75),
  server('a server of this machine, in the log of its nginx', 'url:https://front.logs.example/api/mcp', 70),
  server('a vendor, by a question to CoreDNS', 'host:mcp.linear.app', 65),
];

const LOOK_ALIKES: readonly LookAlike[] = [
  { what: 'a school', text: 'mcpherson' }, { what: 'a page about it', text: 'docs.logs.example' }, { what: 'a game', text: 'mcpedl' },
  { what: 'a path that nothing answers at', text: 'gone.logs.example' }, { what: 'other JSON-RPC', text: 'chain.logs.example' },
  { what: 'a stream of events', text: 'ticks.logs.example' }, { what: 'a picture', text: 'shop.logs.example' },
];

/** Five logs of five writers. */
export async function plantLogs(folder: string, machine: string): Promise<Planted> {
  const paths = [
    log(folder, 'http.log', [
      zeek({ method: 'POST', host: 'tools.logs.example', uri: '/mcp' }), zeek({ host: 'old.logs.example', uri: '/sse',
        resp_mime_types: ['text/event-stream'] }),
      zeek({ method: 'POST', host: 'old.logs.example', uri: '/messages/?session_id=1', status_code: 202 }),
      zeek({ host: 'docs.logs.example', uri: '/mcp', resp_mime_types: ['text/html'] }), zeek({ method: 'POST', host: 'gone.logs.example', uri: '/mcp',
        status_code: 404 }),
      zeek({ host: 'ticks.logs.example', uri: '/sse', resp_mime_types: ['text/event-stream'] }), 'a broken line about mcp',
    ], (at) => zeek({ uri: `/page/${at}` })),
    log(folder, 'eve.json', [
      eve({ hostname: 'ledger.logs.example', url: '/rpc', http_method: 'POST', status: 200, request_headers: [{ name: 'Mcp-Method', value: 'tools/call' }] }),
      eve({ hostname: 'chain.logs.example', url: '/', http_method: 'POST', status: 200,
        http_request_body_printable: '{"jsonrpc":"2.0","id":1,"method":"eth_call"}' }),
    ], (at) => eve({ hostname: 'intranet.corp.example', url: `/${at}`, http_method: 'GET', status: 200 })),
    log(folder, 'squid.log', [squid('CONNECT', 'mcp.notion.com:443'), squid('CONNECT', 'www.mcpherson.edu:443'), squid('GET',
      'http://shop.logs.example/img/mcp.png')],
      (at) => squid('GET', `http://news.example/${at}`)),
    log(folder, 'access.log', [nginx('POST /api/mcp', 202), nginx('GET /mcp.html', 200)], (at) => nginx(`GET /${at}`, 200)),
    log(folder, 'coredns.log', [coredns('mcp.linear.app'), coredns('mcpedl.com')], (at) => coredns(`host${at}.corp.example`)),
  ];
  const { vendorOf } = knowledgeOf(shippedTables());
  const signal = new AbortController().signal;
  return Promise.resolve({
    plants: PLANTS, lookAlikes: LOOK_ALIKES, stop: () => Promise.resolve(),
    looks: [() => lookAtLogs(paths, { vendorOf, vendors: [], gates: [], machine, host: 'front.logs.example', signal, now: Date.now })],
  });
}
