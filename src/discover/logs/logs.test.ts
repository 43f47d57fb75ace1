import { afterAll, describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LIMITS } from '../../domain/limits.ts';
import { isUnseen } from '../../domain/observation.ts';
import type { Observation, Unseen } from '../../domain/observation.ts';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import { vendorsOf } from '../../knowledge/vendor.ts';
import { keyOfUrl } from '../keys.ts';
import { lookAtLogs } from './look.ts';

const folder = mkdtempSync(join(tmpdir(), 'logs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { vendorOf } = knowledgeOf(shippedTables());
const vendors = shippedTables().vendorEndpoints.map(({ url }) => url);

interface Found {
  readonly servers: readonly Observation[];
  readonly unseen: readonly Unseen[];
  /** `key: confidence`, surest first. */
  readonly keys: readonly string[];
}

let files = 0;
function put(content: string | Buffer, name = `${files += 1}.log`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function look(content: string | Buffer | readonly string[],
  options: { readonly host?: string; readonly machine?: string; readonly gates?: readonly string[] } = {}): Promise<Found> {
  const paths = (typeof content === 'string' || Buffer.isBuffer(content) ? [content] : content).map((text) => put(text));
  const servers: Observation[] = [];
  const unseen: Unseen[] = [];
  for await (const item of lookAtLogs(paths, { vendorOf, vendors, gates: [], signal: new AbortController().signal, now: () => 1_800_000_000_000,
    ...options })) {
    if (isUnseen(item)) unseen.push(item);
    else servers.push(item);
  }
  return { servers, unseen, keys: servers.map(({ keys, confidence }) => `${keys.join(' ')}: ${confidence}`) };
}

function lines(...records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

const AT = 1_763_900_000.5;
function zeekHttp(record: object): object {
  return {
    ts: AT, uid: 'CHhAvVGS1DHFjwGM9', 'id.orig_h': '10.0.0.5', 'id.orig_p': 40000, 'id.resp_h': '10.0.0.9', 'id.resp_p': 80, trans_depth: 1, method: 'POST',
    host: 'tools.corp.example', uri: '/mcp', status_code: 200, ...record,
  };
}

function zeekAsked(from: string, uri: string): object {
  return zeekHttp({ 'id.orig_h': from, uri, host: 'hooks.example' });
}

function eve(http: object): object {
  return { timestamp: '2026-11-23T10:00:00Z', event_type: 'http', dest_port: 80, http: { hostname: 'a.example', http_method: 'POST', url: '/x', ...http } };
}

const TSV = [
  '#separator \\x09', '#set_separator\t,', '#empty_field\t(empty)', '#unset_field\t-', '#path\thttp', '#open\t2026-11-23-10-00-00',
  '#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\tuser_agent\tstatus_code\tresp_mime_types',
  '#types\ttime\tstring\taddr\tport\taddr\tport\tcount\tstring\tstring\tstring\tstring\tcount\tvector[string]',
];

describe('formats', () => {
  interface Row { readonly name: string; readonly log: string; readonly key: string; readonly sure: number; readonly person?: string; readonly host?: string }
  const FORMATS: readonly Row[] = [
    { name: 'zeek http cut to its addresses', log: lines(zeekHttp({ trans_depth: undefined, user_agent: 'claude-code/2.1.0 (cli)' })),
      key: 'url:http://tools.corp.example/mcp', sure: 85 },
    { name: 'zeek http as JSON', log: lines(zeekHttp({ user_agent: 'claude-code/2.1.0 (cli)' })), key: 'url:http://tools.corp.example/mcp', sure: 85 },
    {
      name: 'zeek http as tab-separated values', sure: 75, key: 'url:http://10.0.0.9:8080/api/mcp',
      log: [...TSV, `${AT}\tC1\t10.0.0.5\t40000\t10.0.0.9\t8080\t1\tGET\t-\t/api/mcp\tnode\t200\ttext/event-stream`, '#close\t2026-11-23-11-00-00',
        ''].join('\n'),
    },
    {
      name: 'zeek ssl', key: 'host:mcp.linear.app', sure: 75,
      log: lines({ ts: AT, uid: 'C2', 'id.resp_h': '1.2.3.4', 'id.resp_p': 443, server_name: 'mcp.linear.app', cipher: 'x' }),
    },
    { name: 'zeek dns', log: lines({ ts: AT, uid: 'C3', query: 'docs.mcp.cloudflare.com', qtype_name: 'A' }), key: 'host:docs.mcp.cloudflare.com', sure: 65 },
    {
      name: 'the mcp log of deploy/ids', key: 'url:http://plain.corp.example/rpc', sure: 95,
      log: lines({ ts: AT, uid: 'C4', host: 'plain.corp.example', uri: '/rpc', 'id.resp_p': 80, era: 'modern', mcp_method: 'tools/call' }),
    },
    {
      name: 'suricata http with headers', sure: 95, key: 'url:http://tools.corp.example:3000/rpc',
      log: lines({
        timestamp: '2026-11-23T10:00:00.123456+0000', event_type: 'http', src_ip: '10.0.0.5', dest_ip: '10.0.0.9', dest_port: 3000,
        http: { hostname: 'tools.corp.example', http_port: 3000, url: '/rpc', http_method: 'POST', status: 200, request_headers: [{ name: 'Mcp-Method',
          value: 'tools/call' }] },
      }),
    },
    {
      name: 'suricata alert of deploy/ids', sure: 95, key: 'url:http://10.0.0.9:3000/',
      log: lines({ timestamp: '2026-11-23T10:00:00.123456+0000', event_type: 'alert', dest_ip: '10.0.0.9', dest_port: 3000, alert: { signature: 'MCP',
        metadata: { sallyport_protocol: ['mcp'], sallyport_era: ['legacy'] } } }),
    },
    {
      name: 'suricata tls', key: 'host:gitmcp.io', sure: 75,
      log: lines({ timestamp: '2026-11-23T10:00:00+0000', event_type: 'tls', tls: { sni: 'gitmcp.io' } }),
    },
    {
      name: 'suricata dns', key: 'host:mcp.linear.app', sure: 65,
      log: lines({ timestamp: '2026-11-23T10:00:00+0000', event_type: 'dns', dns: { version: 3, queries: [{ rrname: 'mcp.linear.app' }] } }),
    },
    {
      name: 'squid tunnels', key: 'host:mcp.linear.app', sure: 75, person: 'alice',
      log: '1763900000.123    345 10.0.0.5 TCP_TUNNEL/200 4567 CONNECT mcp.linear.app:443 alice HIER_DIRECT/1.2.3.4 -\n',
    },
    {
      name: 'squid, opened', sure: 90, key: 'url:https://mcp.linear.app/mcp',
      log: '1763900000.123    345 10.0.0.5 TCP_MISS/200 4567 POST https://mcp.linear.app/mcp?x=1 alice HIER_DIRECT/1.2.3.4 application/json\n',
    },
    {
      name: 'envoy', sure: 70, key: 'url:http://tools.corp.example:8080/mcp',
      log: '[2026-11-23T10:00:00.000Z] "POST /mcp HTTP/1.1" 200 - 154 1289 25 24 "10.0.0.5" '
        + '"python-httpx/0.27" "8f1d" "tools.corp.example:8080" "10.1.2.3:3000"\n',
    },
    {
      name: 'envoy as JSON', sure: 95, key: 'url:https://tools.corp.example/rpc',
      log: lines({ start_time: '2026-11-23T10:00:00.000Z', method: 'POST', path: '/rpc', authority: 'tools.corp.example', response_code: 200,
        mcp_protocol_version: '2025-11-25' }),
    },
    {
      name: 'nginx', sure: 70, key: 'url:https://tools.corp.example/mcp', host: 'tools.corp.example', person: 'alice',
      log: '10.0.0.5 - alice [23/Nov/2026:10:00:00 +0000] "POST /mcp HTTP/1.1" 202 0 "-" "undici"\n',
    },
    {
      name: 'nginx with the virtual host, and a header behind', sure: 95, key: 'url:https://tools.corp.example/rpc',
      log: 'tools.corp.example:443 10.0.0.5 - - [23/Nov/2026:10:00:00 +0000] "POST /rpc HTTP/1.1" 200 9 "-" "undici" mcp-method=tools/call\n',
    },
    {
      name: 'coredns', sure: 65, key: 'host:mcp.linear.app',
      log: '.:53\nCoreDNS-1.11.1\nlinux/amd64, go1.20.7, ae2bbc2\n'
        + '2026-11-23T10:00:00.1Z [INFO] 10.0.0.5:40123 - 4567 "A IN mcP.linear.app. udp 45 false 512" NOERROR qr,rd,ra 106 0.0123s\n',
    },
    {
      name: 'cloudflare http', sure: 90, key: 'url:https://mcp.linear.app/mcp', person: 'a@corp.example',
      log: lines({ Datetime: '2026-11-23T10:00:00Z', Email: 'a@corp.example', HTTPHost: 'mcp.linear.app', HTTPMethod: 'POST', HTTPStatusCode: 200,
        URL: 'https://mcp.linear.app/mcp' }),
    },
    {
      name: 'cloudflare dns', key: 'host:mcp.linear.app', sure: 65,
      log: lines({ Datetime: '2026-11-23T10:00:00Z', QueryName: 'mcp.linear.app.', SrcIP: '10.0.0.5' }),
    },
    {
      name: 'cloudflare network', key: 'host:mcp.linear.app', sure: 75,
      log: lines({ Datetime: '2026-11-23T10:00:00Z', SNI: 'mcp.linear.app', DestinationPort: 443 }),
    },
    {
      name: 'zscaler', sure: 90, key: 'url:https://api.githubcopilot.com/mcp', person: 'a@corp.example',
      log: lines({
        sourcetype: 'zscalernss-web',
        event: { datetime: 'Mon Nov 23 10:00:00 2026', protocol: 'HTTPS', requestmethod: 'POST', url: 'api.githubcopilot.com/mcp/',
          user: 'a@corp.example', status: '200', ClientIP: '10.0.0.5' },
      }),
    },
  ];
  for (const { name, log, key, sure, person, host } of FORMATS) {
    test(name, async () => {
      const { keys, servers, unseen } = await look(log, host === undefined ? {} : { host });
      expect({ keys, unseen }).toEqual({ keys: [`${key}: ${sure}`], unseen: [] });
      expect(servers[0]).toMatchObject({ sensor: 'log', kind: 'server' });
      if (person !== undefined) expect(servers[0]?.person).toBe(person);
      expect(new Date(servers[0]?.seenAt ?? 0).getUTCFullYear()).toBeGreaterThanOrEqual(2025);
    });
  }
});

describe('what is taken for MCP', () => {
  test('both eras, by headers and by bodies', async () => {
    const { servers } = await look(lines(
      eve({ request_headers: [{ name: 'mcp-session-id', value: 'abc' }] }),
      eve({ url: '/y', request_headers: [{ name: 'MCP-Protocol-Version', value: '2026-07-28' }] }),
      eve({ url: '/z', http_request_body_printable: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}' }),
      eve({ url: '/w', http_request_body_printable: '{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{}} // mcp' }),
    ));
    expect(Object.fromEntries(servers.map(({ keys, facts }) => [keys[0], facts['era']]))).toEqual({
      'url:http://a.example/x': 'legacy', 'url:http://a.example/y': 'modern', 'url:http://a.example/z': 'legacy', 'url:http://a.example/w': 'modern',
    });
  });

  test('HTTP+SSE only by both of its paths', async () => {
    const half = zeekHttp({ method: 'GET', uri: '/sse', resp_mime_types: ['text/event-stream'] });
    expect((await look(lines(half))).keys).toEqual([]);
    const { keys, servers } = await look(lines(half, zeekHttp({ uri: '/messages/?session_id=0f3b', status_code: 202 })));
    expect(keys).toEqual(['url:http://tools.corp.example/sse: 75']);
    expect(servers[0]?.risks).toEqual(['cleartext', 'old-protocol']);
  });

  test('one server once, whoever asked and however often; queries, keys in paths and who asked stay apart', async () => {
    const { servers } = await look(lines(
      zeekAsked('10.0.0.1', '/s/Zk3jQ9xWm2LrT8vYb5NcP1dF/mcp?token=hunter2'), zeekAsked('10.0.0.2', '/s/Zk3jQ9xWm2LrT8vYb5NcP1dF/mcp'),
        zeekAsked('10.0.0.2', '/s/Zk3jQ9xWm2LrT8vYb5NcP1dF/mcp/'),
    ));
    const key = keyOfUrl('http://hooks.example/s/Zk3jQ9xWm2LrT8vYb5NcP1dF/mcp');
    expect(servers.map(({ keys, facts }) => [keys[0], facts['requests'], facts['sources']])).toEqual([[key, 3, '10.0.0.1, 10.0.0.2']]);
    expect(JSON.stringify(servers)).not.toMatch(/hunter2|Zk3jQ9xWm2/);
  });

  test('letters that are escaped, in JSON or in addresses, hide nothing', async () => {
    const { keys } = await look(`${lines(zeekHttp({ uri: '/%6d%43p' }))}${lines(zeekHttp({ host: 'b.example' })).replace('mcp', String.raw`\u006dcp`)}`);
    expect(keys.toSorted()).toEqual(['url:http://b.example/mcp: 70', 'url:http://tools.corp.example/mCp: 70']);
  });

  test('connections count for the server whose address the other logs name, in whichever order they are read', async () => {
    const connection = { ts: AT, uid: 'C9', 'id.orig_h': '10.0.0.5', 'id.resp_h': '1.2.3.4', 'id.resp_p': 443, conn_state: 'SF', orig_bytes: 100,
      resp_bytes: 23 };
    const { servers } = await look([
      lines(connection, connection, { ...connection, 'id.resp_h': '5.6.7.8' }),
      lines({ ts: AT, uid: 'C8', query: 'mcp.linear.app', qtype_name: 'A', answers: ['1.2.3.4'] }),
    ]);
    expect(servers.map(({ keys, facts }) => [keys[0], facts['connections'], facts['bytes']])).toEqual([['host:mcp.linear.app', 2, 246]]);
  });

  const LOOKALIKES: readonly object[] = [
    { host: 'www.mcpherson.edu', uri: '/', method: 'POST' }, { host: 'mcpedl.com', uri: '/mods/', method: 'GET' }, { host: 'shop.example',
    uri: '/img/mcp.png', method: 'GET' },
    { host: 'docs.example', uri: '/docs/mcp', method: 'GET', resp_mime_types: ['text/html'] }, { host: 'blog.example', uri: '/mcp/intro.html', method: 'POST' },
    { host: 'a.example', uri: '/mcp', status_code: 404 }, { host: 'b.example', uri: '/mcp', status_code: 405 }, { host: 'c.example', uri: '/mcp',
    status_code: 301 },
    { host: 'd.example', uri: '/mcpanel/login' }, { host: 'e.example', uri: '/sse', method: 'GET', resp_mime_types: ['text/event-stream'] },
    { host: 'f.example', uri: '/messages', status_code: 200 }, { host: 'g.example', uri: '/search?q=/mcp' }, { host: 'mcp.exam.example',
    uri: '/certificates', method: 'GET' },
    { host: 'api.githubcopilot.com', uri: '/chat/completions' }, { host: 'gitmcp.io', uri: '/', method: 'GET' }, { host: 'gitmcp.io', uri: '/docs',
    method: 'GET', resp_mime_types: ['text/html'] },
    { host: 'rpc.example', uri: '/jsonrpc', user_agent: 'mcp-remote/0.1' }, { host: 'h.example', uri: '/mcp', status_code: 502 }, { host: 'tools.example',
    uri: '/mcp.js' },
    { host: 'i.example', uri: '/mcp', status_code: 404, user_agent: 'mcp-remote/0.1' },
  ];
  test('look-alikes are not', async () => {
    expect((await look(lines(...LOOKALIKES.map(zeekHttp)))).keys).toEqual([]);
    const nobodys = { ts: AT, uid: 'C1', query: 'mcp.linear.app', qtype_name: 'A', rcode_name: 'NXDOMAIN' };
    expect((await look(lines(nobodys))).keys).toEqual([]);
    const names = ['mcphee.com', 'api.githubcopilot.com', 'dmcpa.example', 'emcp.example', 'mcp1.example', 'linear.app'];
    expect((await look(lines(...names.map((query) => ({ ts: AT, uid: 'C1', query, qtype_name: 'A' }))))).keys).toEqual([]);
  });

  test('what the gate does itself goes around nothing; who only calls itself so does', async () => {
    const log = lines(
      zeekHttp({ 'id.orig_h': '10.0.0.2', user_agent: 'sallyport' }), zeekHttp({ 'id.orig_h': '10.0.0.2', host: 'crm.corp.example' }),
      zeekHttp({ host: 'gate.corp.example', uri: '/mcp/crm' }), zeekHttp({ host: 'gate.corp.example:3000', uri: '/mcp' }),
      zeekHttp({ 'id.orig_h': '10.0.0.66', host: 'crm.corp.example', user_agent: 'sallyport' }),
    );
    const { servers, unseen } = await look(log, { gates: ['10.0.0.2', 'Gate.corp.example:80'] });
    expect(servers.map(({ keys, facts }) => [keys[0], facts['sources']])).toEqual([
      ['url:http://gate.corp.example:3000/mcp', '10.0.0.5'], ['url:http://crm.corp.example/mcp', '10.0.0.66'],
    ]);
    expect(unseen).toEqual([{ place: '10.0.0.66', reason: expect.stringContaining('--gate') }]);
    expect((await look(log)).keys).toHaveLength(4);
  });

  test('a name alone is weaker than any request', async () => {
    const { keys } = await look(lines({ ts: AT, uid: 'C', query: 'mcp.somewhere.example', qtype_name: 'A' }, { ts: AT, uid: 'C',
      query: 'crm-mcp.somewhere.example', qtype_name: 'A' }));
    expect(keys).toEqual(['host:mcp.somewhere.example: 35', 'host:crm-mcp.somewhere.example: 35']);
  });
});

test('every vendor is found by what it is known by, also one that is named for nothing of it', async () => {
  const others = [{ url: 'https://tools.vendor.example', host: 'tools.vendor.example', vendor: 'Tools', auth: [], isDedicated: true }];
  const all = [...shippedTables().vendorEndpoints, ...others];
  const dedicated = all.filter(({ isDedicated }) => isDedicated).map(({ host }) => host.replace('*.', 'any.'));
  const log = put(lines(...dedicated.map((query) => ({ ts: AT, uid: 'C', query, qtype_name: 'A', rejected: false }))));
  const found: string[] = [];
  const options = { vendorOf: vendorsOf(all), vendors: all.map(({ host }) => `https://${host}`), gates: [],
    signal: new AbortController().signal, now: Date.now };
  for await (const item of lookAtLogs([log], options)) if (!isUnseen(item)) found.push(item.keys[0] ?? '');
  expect(dedicated.length).toBeGreaterThan(100);
  expect(new Set(found)).toEqual(new Set(dedicated.map((host) => `host:${host}`)));
});

describe('bad input', () => {
  const good = lines(zeekHttp({}));

  test('broken lines are counted with their places, and the others read', async () => {
    const { keys, unseen } = await look(`${good}{"ts":1,"uid":"x\n${good}not a record\n{"host":"mcp.example",\n${good.trim()}`);
    expect(keys).toEqual(['url:http://tools.corp.example/mcp: 70']);
    expect(unseen).toEqual([{ place: expect.stringMatching(/\.log:2$/), reason: '3 of 6 lines are none of a log of zeek: line 2, 4, 5' }]);
    const again = [...TSV.slice(0, 6), '#fields\tts\tmethod\thost\turi\ttrans_depth\tstatus_code', `${AT}\tPOST\tb.example\t/mcp\t1\t200`, ''];
    expect((await look([...TSV, ...again].join('\n'))).keys).toEqual(['url:http://b.example/mcp: 70']);
    const cut = await look(`${TSV.join('\n')}\n${AT}\tC1\t10.0.0.5\t40000\n`);
    expect(cut.unseen.map(({ reason }) => reason)).toEqual(['1 of 9 lines are none of a log of zeek: line 9']);
  });

  test('a line that is too long is skipped, and what follows it read', async () => {
    const { keys, unseen } = await look(`${lines(zeekHttp({ host: 'first.example' }))}${'x'.repeat(LIMITS.logLineBytesMax * 3)}\n${good}`);
    expect(keys).toHaveLength(2);
    expect(unseen[0]?.reason).toContain('1 of 3 lines');
  });

  test('packed logs are read, also of several parts; a broken one as far as it goes', async () => {
    const other = lines(zeekHttp({ host: 'other.example' }));
    expect((await look(Buffer.concat([gzipSync(good), gzipSync(other)]))).keys).toHaveLength(2);
    const packed = gzipSync(good.repeat(5000));
    const { keys, unseen } = await look(packed.subarray(0, packed.length - 20));
    expect(keys).toHaveLength(1);
    expect(unseen[0]?.reason).toMatch(/^read as far as line \d+: broken/);
  });

  test('a packed log that unpacks to more than a log is not read to its end', async () => {
    const bomb = gzipSync(Buffer.alloc(LIMITS.logUnpackedMin * 3, 'x'));
    expect(bomb.length * LIMITS.logUnpackedRatioMax).toBeLessThan(LIMITS.logUnpackedMin * 2);
    const { unseen } = await look(Buffer.concat([gzipSync(good), bomb]));
    expect(unseen.map(({ reason }) => reason)).toContainEqual(expect.stringMatching(/^read as far as line \d+: it is longer than/));
  });

  test('times that are none, or of tomorrow, end nothing', async () => {
    const { servers } = await look(lines(zeekHttp({ ts: 1e300 }), zeekHttp({ ts: '9'.repeat(400) }), zeekHttp({ ts: -1 }), zeekHttp({ ts: 4_000_000_000 })));
    expect(servers.map(({ seenAt }) => seenAt)).toEqual([1_800_000_000_000]);
    expect((await look('9999999999999999999.123 1 10.0.0.5 TCP_TUNNEL/200 4567 CONNECT mcp.linear.app:443 - HIER_DIRECT/1.2.3.4 -\n')).keys).toHaveLength(1);
  });

  test('lines that are made to cost are broken at once', async () => {
    const costly = [`10.0.0.5 - - [23/Nov/2026:10:00:00 +0000] "POST /${'mcp'.repeat(10_000)}`, `10.0.0.5 - - [x] "${'A'.repeat(30_000)} mcp`,
      `${'1'.repeat(30_000)} mcp`];
    const plain = '10.0.0.5 - - [23/Nov/2026:10:00:00 +0000] "POST /mcp HTTP/1.1" 202 0 "-" "undici"\n';
    const { keys, unseen } = await look(`${plain}${costly.map((line) => `${line}\n`.repeat(300)).join('')}`, { host: 'a.example' });
    expect(keys).toHaveLength(1);
    expect(unseen[0]?.reason).toContain('900 of 901 lines');
  });

  test('what is no file is not waited for, what is no log is said to be none', async () => {
    const pipe = join(folder, 'pipe');
    Bun.spawnSync(['mkfifo', pipe]);
    const binary = put(Buffer.from([0, 1, 2, 3, 255, 254]));
    const found: (Observation | Unseen)[] = [];
    const options = { vendorOf, vendors, gates: [], signal: new AbortController().signal, now: Date.now };
    for await (const item of lookAtLogs([pipe, '/dev/zero', folder, join(folder, 'absent'), binary, put('')], options)) found.push(item);
    expect(found.map((item) => isUnseen(item) ? item.reason : item)).toEqual([
      expect.stringContaining('is no file'), expect.stringContaining('is no file'), expect.stringContaining('is no file'),
      expect.stringContaining("can't be read"), expect.stringContaining('no log of zeek, suricata'),
    ]);
  });

  test('requests of a log that names no host are not lost in silence', async () => {
    const { keys, unseen } = await look('10.0.0.5 - - [23/Nov/2026:10:00:00 +0000] "POST /mcp HTTP/1.1" 202 0 "-" "undici"\n');
    expect(keys).toEqual([]);
    expect(unseen[0]?.reason).toContain('--host');
  });

  test('addresses that somebody makes up crowd out nothing that is sure', async () => {
    const flood = Array.from({ length: LIMITS.logServersMax + 10 }, (_, at) => zeekHttp({ uri: '/mcp', host: `h${at}.example`, status_code: 405 }));
    const { keys } = await look(lines(zeekHttp({}), ...flood, zeekHttp({ host: 'late.example' })));
    expect(keys).toEqual(['url:http://tools.corp.example/mcp: 70', 'url:http://late.example/mcp: 70']);
  });

  test('hostile names and hosts end nothing', async () => {
    const { keys } = await look(lines(
      zeekHttp({ host: 'a b\u0000c' }), zeekHttp({ host: '' }), zeekHttp({ uri: '/\ud800/mcp' }), zeekHttp({ uri: '/%ff/mcp' }), zeekHttp({ host: '[::1' }),
      zeekHttp({ host: 'x'.repeat(5000) }), zeekHttp({ uri: ['/mcp'] }), zeekHttp({ status_code: {} }), zeekHttp({ host: '127.0.0.1:3000' }),
    ), { machine: 'laptop' });
    expect(keys.toSorted()).toEqual([
      'url:http://10.0.0.9/mcp: 70', 'url:http://tools.corp.example/%25ff/mcp: 70', 'url:http://tools.corp.example/%EF%BF%BD/mcp: 70',
      'url:http://tools.corp.example/mcp: 55',
      'url:laptop!http://127.0.0.1:3000/mcp: 70',
    ]);
  });
});
