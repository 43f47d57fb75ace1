import { afterAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { isUnseen } from '../../domain/observation.ts';
import type { Observation, Unseen } from '../../domain/observation.ts';
import { observePackages } from './packages.ts';
import type { HostLook } from './processes.ts';

const root = mkdtempSync(join(tmpdir(), 'sp-packages-'));
const home = join(root, 'home/alice');
afterAll(() => rmSync(root, { recursive: true }));

const look: HostLook = {
  machine: 'm', now: 1, gates: [], userName: () => undefined, unwrap: () => ({ runs: { kind: 'program', program: 'x' }, wrappers: [] }),
  advisoriesFor: (ecosystem, name, version) => (ecosystem === 'pypi' && name === 'mcp' && version === '1.2.0' ? ['CVE-2025-1'] : []),
};

function put(path: string, value: unknown): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value));
}

function head(signature: number, bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  made.writeUInt32LE(signature);
  return made;
}

/** An archive of one file, as `zip` makes it; `says`: the size that it claims. */
function zipped(name: string, text: string, says = Buffer.byteLength(text)): Buffer {
  const packed = deflateRawSync(Buffer.from(text));
  const local = head(0x04034b50, 30);
  local.writeUInt16LE(8, 8);
  local.writeUInt16LE(name.length, 26);
  const entry = head(0x02014b50, 46);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.byteLength, 20);
  entry.writeUInt32LE(says, 24);
  entry.writeUInt16LE(name.length, 28);
  const body = Buffer.concat([local, Buffer.from(name), packed]);
  const end = head(0x06054b50, 22);
  end.writeUInt32LE(entry.byteLength + name.length, 12);
  end.writeUInt32LE(body.byteLength, 16);
  return Buffer.concat([body, entry, Buffer.from(name), end]);
}

function looked(): { readonly seen: readonly Observation[]; readonly unseen: readonly Unseen[] } {
  const all = [...observePackages({ root, homes: [{ folder: home, user: 'alice' }] }, look)];
  return { seen: all.flatMap((each) => (isUnseen(each) ? [] : [each])), unseen: all.filter(isUnseen) };
}

describe('what is installed', () => {
  test('is a server by what it needs and what it says, never by letters in its name', () => {
    const modules = 'usr/lib/node_modules';
    put(`${modules}/@acme/crm-mcp/package.json`, { name: '@acme/crm-mcp', version: '2.0.0', dependencies: { '@modelcontextprotocol/sdk': '1' } });
    put(`${modules}/notes/package.json`, { name: 'notes', version: '1.0.0', mcpName: 'io.github.acme/notes' });
    put(`${modules}/mcp2515/package.json`, { name: 'mcp2515', version: '1.0.0' });
    put(`${modules}/minecraft-mcp-mappings/package.json`, { name: 'minecraft-mcp-mappings', version: '1.0.0' });
    put(`${modules}/@modelcontextprotocol/sdk/package.json`, { name: '@modelcontextprotocol/sdk', version: '1.32.2' });
    put(`${modules}/broken-mcp/package.json`, '{');
    const site = 'home/alice/.local/share/uv/tools/mcp-server-git/lib/python3.12/site-packages';
    const metadata = 'Name: mcp-server-git\nVersion: 0.6.2\nRequires-Dist: click>=8\nRequires-Dist: mcp>=1.0.0\n\nText\n';
    put(`${site}/mcp_server_git-0.6.2.dist-info/METADATA`, metadata);
    put(`${site}/mcp-1.2.0.dist-info/METADATA`, 'Name: mcp\nVersion: 1.2.0\n');
    put(`${site}/click-8.1.dist-info/METADATA`, 'Name: click\nVersion: 8.1\n');
    put('home/alice/go/bin/github-mcp-server', `\0\0path\tgithub.com/github/github-mcp-server\ndep\tgithub.com/mark3labs/mcp-go\tv0.30.0\0`);
    put('home/alice/go/bin/mcp-notes', 'a script about nothing');
    const { seen, unseen } = looked();
    expect(unseen).toEqual([]);
    expect(seen.map(({ keys, confidence, person }) => [keys[0], confidence, person])).toEqual([
      ['package:npm/@acme/crm-mcp', 90, undefined], ['package:npm/notes', 95, undefined], ['package:pypi/mcp-server-git', 90, 'alice@m'],
      [`program:m!${join(home, 'go/bin/github-mcp-server')}`, 85, 'alice@m'],
    ]);
    expect(seen[2]).toMatchObject({ risks: ['advisory'], facts: { sdk: 'mcp 1.2.0', advisories: 'CVE-2025-1' } });
    rmSync(join(root, 'usr'), { recursive: true });
    rmSync(home, { recursive: true });
  });

  test('bundles by their manifest, without unpacking; broken ones and bombs are said', () => {
    const manifest = { manifest_version: '0.2', name: 'notes', version: '1.1.0', server: { type: 'node' } };
    put('home/alice/Downloads/notes.mcpb', zipped('manifest.json', JSON.stringify(manifest)));
    put('home/alice/Downloads/old.dxt', zipped('manifest.json', JSON.stringify({ dxt_version: '0.1', name: 'old', server: { type: 'python' } })));
    put('home/alice/Downloads/bomb.mcpb', zipped('manifest.json', ' '.repeat(8_000_000), 100));
    put('home/alice/Downloads/text.mcpb', 'no archive');
    put('home/alice/Downloads/other.zip', zipped('manifest.json', '{}'));
    const { seen, unseen } = looked();
    expect(seen.map(({ keys, facts }) => [keys[0], facts['type']])).toEqual([['package:mcpb/notes', 'node'], ['package:mcpb/old', 'python']]);
    expect(unseen.map(({ place }) => place.split('/').at(-1))).toEqual(['bomb.mcpb', 'text.mcpb']);
  });
});
