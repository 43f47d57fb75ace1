import { describe, expect, test } from 'bun:test';
import { advisoriesOf } from './advisories.ts';
import { ADVISORY } from './shape.ts';
import { readPackageUrl } from './purl.ts';
import { knowledgeOf, shippedTables } from './table.ts';
import { compareVersions } from './version.ts';

const knowledge = knowledgeOf(shippedTables());

function ids(ecosystem: string, name: string, version?: string): readonly string[] {
  return knowledge.advisoriesFor(ecosystem, name, version).map(({ id }) => id);
}

describe('versions', () => {
  test.each([
    ['npm', ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '2025.7.01', '2025.7.2']],
    ['pypi', ['1.0.dev1', '1.0a1', '1.0a2', '1.0b1', '1.0rc1', '1.0', '1.0.post1', '1.1.dev1', '1.1', '1!0.1']],
    ['maven', ['1.0-alpha-1', '1.0-beta', '1.0-M1', '1.0-rc1', '1.0-SNAPSHOT', '1.0', '1.0.1']],
    ['go', ['v0.9.9', 'v1.0.0', 'v1.10.0']],
  ])('of %s stand in order', (ecosystem, versions) => {
    for (const [at, one] of versions.entries()) {
      for (const [other, two] of versions.entries()) {
        expect([one, two, Math.sign(compareVersions(ecosystem, one, two) ?? 9)]).toEqual([one, two, Math.sign(at - other)]);
      }
    }
  });

  test('that are equal in other letters', () => {
    expect(compareVersions('npm', '1.0', 'v1.0.0+build.5')).toBe(0);
    expect(compareVersions('pypi', '1.0.0-RC.1', '1.0rc1')).toBe(0);
  });

  test('that are none are not ordered', () => {
    for (const text of ['latest', '', '^1.0.0', '1.0.0 || 2', '9'.repeat(200)]) expect(compareVersions('npm', text, '1.0.0')).toBeUndefined();
  });
});

describe('advisories that ship', () => {
  test('match at the edges of their ranges', () => {
    expect(ids('npm', 'mcp-remote', '0.1.15')).toEqual(['CVE-2025-6514']);
    expect(ids('npm', 'mcp-remote', '0.1.16')).toEqual([]);
    expect(ids('npm', 'mcp-remote', '0.0.4')).toEqual([]);
    expect(ids('pypi', 'mcp', '1.29.9')).toEqual(['CVE-2026-115563']);
    expect(ids('pypi', 'mcp', '1.30.0')).toEqual([]);
    expect(ids('pypi', 'mcp', '2.1.0')).toEqual(['CVE-2026-115563']);
    expect(ids('npm', '@modelcontextprotocol/sdk', '1.32.0')).toEqual([]);
    expect(ids('pypi', 'AstrBot', '4.25.2')).toEqual(['CVE-2026-15501']);
    expect(ids('app', 'librechat', '0.8.2')).toContain('CVE-2026-31944');
  });

  test('say how sure they are, and what is fixed where', () => {
    const [match] = knowledge.advisoriesFor('npm', 'mcp-remote', '0.1.0');
    expect(match).toMatchObject({ certainty: 'affected', fixedIn: '0.1.16', severity: 'CRITICAL' });
    expect(knowledge.advisoriesFor('npm', 'mcp-remote')).toMatchObject([{ certainty: 'possible' }]);
    expect(knowledge.advisoriesFor('npm', 'mcp-remote', 'latest')).toMatchObject([{ certainty: 'possible' }]);
    expect(knowledge.advisoriesFor('app', 'ollama-mcp-server', '1.0.0')).toMatchObject([{ certainty: 'possible' }]);
  });

  test('say nothing of another package, ecosystem or a name of the language', () => {
    expect(ids('npm', 'mcp')).toEqual([]);
    expect(ids('pypi', 'mcp-remote')).toEqual([]);
    expect(ids('npm', 'constructor')).toEqual([]);
    expect(ids('npm', '__proto__')).toEqual([]);
  });

  test('each names what it concerns, and each range can be evaluated', () => {
    for (const { id, affected } of knowledge.advisories) {
      expect([id, affected.length > 0]).toEqual([id, true]);
      for (const { package: named, ranges } of affected) {
        const ecosystem = (named?.ecosystem ?? 'app').toLowerCase();
        for (const event of (ranges ?? []).flatMap(({ events }) => events)) {
          for (const version of Object.values(event)) expect([id, version, compareVersions(ecosystem, version, version)]).toEqual([id, version, 0]);
        }
      }
    }
  });
});

describe('a record of OSV', () => {
  const record = {
    schema_version: '1.7.5', id: 'GHSA-aaaa-bbbb-cccc', modified: '2026-01-01T00:00:00Z', summary: 'two\nlines \u202eback', details: 'left out',
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N' }], aliases: ['CVE-2026-1'],
    affected: [{
      package: { ecosystem: 'crates.io', name: 'rmcp', purl: 'pkg:cargo/rmcp' }, versions: ['0.2.0-weird'],
      ranges: [
        { type: 'SEMVER', events: [{ introduced: '0.3.0' }, { fixed: '0.4.0' }, { introduced: '0.5.0' }, { last_affected: '0.6.0' }] },
        { type: 'GIT', repo: 'https://example.com/r', events: [{ introduced: '0' }] },
      ],
      database_specific: { source: 'https://example.com' },
    }],
    database_specific: { severity: 'MODERATE', github_reviewed: true },
  };

  test('matches within each of its intervals and the versions that it lists, and nowhere else', () => {
    const ask = advisoriesOf([ADVISORY.parse(record)]);
    const holds = (version: string): boolean => ask('cargo', 'rmcp', version).length > 0;
    expect(['0.3.0', '0.3.9', '0.5.0', '0.6.0', '0.2.0-weird'].filter((version) => !holds(version))).toEqual([]);
    expect(['0.2.9', '0.4.0', '0.4.9', '0.6.1', '0.2.0'].filter(holds)).toEqual([]);
    expect(ask('cargo', 'rmcp', '0.3.0')).toMatchObject([{ severity: 'MEDIUM', summary: 'two lines  back', aliases: ['CVE-2026-1'] }]);
  });

  test('that was withdrawn matches nothing', () => {
    expect(advisoriesOf([ADVISORY.parse({ ...record, withdrawn: '2026-02-01T00:00:00Z' })])('cargo', 'rmcp', '0.3.0')).toEqual([]);
  });
});

describe('a package URL', () => {
  test.each([
    ['pkg:npm/%40modelcontextprotocol/sdk@1.20.0', { ecosystem: 'npm', name: '@modelcontextprotocol/sdk', version: '1.20.0' }],
    ['pkg:pypi/mcp@1.2.0?arch=any#sub/path', { ecosystem: 'pypi', name: 'mcp', version: '1.2.0' }],
    ['pkg:golang/github.com/modelcontextprotocol/go-sdk', { ecosystem: 'go', name: 'github.com/modelcontextprotocol/go-sdk' }],
    ['pkg:maven/io.modelcontextprotocol.sdk/mcp@0.9.0', { ecosystem: 'maven', name: 'io.modelcontextprotocol.sdk:mcp', version: '0.9.0' }],
  ])('%s names its package', (text, named) => expect(readPackageUrl(text)).toEqual(named));

  test.each(['npm/mcp', 'pkg:npm', 'pkg:npm/', 'pkg:npm/%zz', 'https://example.com/x'])('%s is none', (text) => expect(readPackageUrl(text)).toBeUndefined());

  test('of every advisory names the same package as its record', () => {
    for (const { package: named } of knowledge.advisories.flatMap(({ affected }) => affected)) {
      if (named?.purl === undefined) continue;
      const read = readPackageUrl(named.purl);
      expect([named.name, read?.name]).toEqual([named.name, named.name]);
      expect(ids(read?.ecosystem ?? '', read?.name ?? '').length + Number(named.ecosystem === 'ConanCenter')).toBeGreaterThan(0);
    }
  });
});

describe('whose server it is', () => {
  test('a path decides on a host that serves other things, too', () => {
    expect(knowledge.vendorOf('gitlab.com')).toBeUndefined();
    expect(knowledge.vendorOf('gitlab.com', '/group/project')).toBeUndefined();
    expect(knowledge.vendorOf('GitLab.com.', '/api/v4/mcp')).toMatchObject({ vendor: 'GitLab' });
    expect(knowledge.vendorOf('gitlab.com', '/api/v4/mcpx')).toBeUndefined();
  });

  test('a host that serves nothing else is known by its name, and so is what lies below a wildcard', () => {
    expect(knowledge.vendorOf('mcp.linear.app')).toMatchObject({ vendor: 'Linear', auth: ['oauth'] });
    expect(knowledge.vendorOf('new.mcp.cloudflare.com')).toMatchObject({ vendor: 'Cloudflare' });
    expect(knowledge.vendorOf('mcp.cloudflare.com.evil.example')).toBeUndefined();
    expect(knowledge.vendorOf('evilmcp.linear.app')).toBeUndefined();
  });

  test('a client is known by the name that it gives itself', () => {
    expect(knowledge.clientNamed('cursor-vscode')).toMatchObject({ title: 'Cursor' });
    expect(knowledge.clientNamed('toString')).toBeUndefined();
  });
});
