import type { Runs } from '../../domain/runs.ts';

export type Ecosystem = (Runs & { readonly kind: 'package' })['ecosystem'] | 'maven' | 'gem' | 'composer' | 'swift';

/** One package that something depends on. `version` absent: not said, or a range. */
export interface Dependency {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly version?: string;
}

/** What a library of the protocol is for: one that is for either says nothing of which. */
export type SdkRole = 'server' | 'client' | 'either';

/** Libraries that speak the protocol, by their registries' names. Facts of each registry; reviewed 2026-11. */
const SDKS: Readonly<Record<string, Readonly<Record<string, SdkRole>>>> = {
  npm: {
    '@modelcontextprotocol/sdk': 'either', '@modelcontextprotocol/server': 'server', '@modelcontextprotocol/client': 'client',
    '@modelcontextprotocol/core': 'either', '@modelcontextprotocol/ext-apps': 'either', '@modelcontextprotocol/express': 'server',
    '@modelcontextprotocol/hono': 'server', '@modelcontextprotocol/node': 'server', fastmcp: 'server', 'mcp-framework': 'server',
    'mcp-handler': 'server', '@vercel/mcp-adapter': 'server', xmcp: 'server', '@rekog/mcp-nest': 'server', litemcp: 'server',
    '@ai-sdk/mcp': 'client', '@langchain/mcp-adapters': 'client', 'mcp-use': 'client', '@mastra/mcp': 'either', 'mcp-client': 'client',
  },
  pypi: {
    mcp: 'either', fastmcp: 'either', 'fastapi-mcp': 'server', 'django-mcp-server': 'server', 'mcp-use': 'client', mcpadapt: 'client',
    'langchain-mcp-adapters': 'client', 'llama-index-tools-mcp': 'client',
  },
  go: {
    'github.com/modelcontextprotocol/go-sdk': 'either', 'github.com/mark3labs/mcp-go': 'either', 'github.com/metoro-io/mcp-golang': 'either',
    'github.com/ThinkInAIXYZ/go-mcp': 'either',
  },
  cargo: { rmcp: 'either', 'rust-mcp-sdk': 'either', 'mcp-core': 'either', pmcp: 'either' },
  nuget: { modelcontextprotocol: 'either', 'modelcontextprotocol.core': 'either', 'modelcontextprotocol.aspnetcore': 'server' },
  gem: { mcp: 'either', 'fast-mcp': 'server', 'model-context-protocol-rb': 'server', 'ruby-mcp-client': 'client' },
  composer: { 'mcp/sdk': 'either', 'php-mcp/server': 'server', 'php-mcp/client': 'client', 'laravel/mcp': 'server', 'symfony/mcp-bundle': 'server' },
  swift: { 'modelcontextprotocol/swift-sdk': 'either' },
};

const MAVEN_GROUPS: Readonly<Record<string, SdkRole>> = {
  'io.modelcontextprotocol': 'either', 'io.modelcontextprotocol.sdk': 'either', 'io.quarkiverse.mcp': 'server',
};
const MAVEN_ARTIFACT = /^(?:spring-ai-starter-mcp-(server|client)|spring-ai-mcp|langchain4j-mcp)/;

/** What the package is for as a library of the protocol; undefined: it is none. */
export function sdkRoleOf({ ecosystem, name }: Pick<Dependency, 'ecosystem' | 'name'>): SdkRole | undefined {
  if (ecosystem === 'maven') {
    const [group = '', artifact = ''] = name.split(':');
    const starter = MAVEN_ARTIFACT.exec(artifact);
    if (starter !== null) return starter[1] === 'server' ? 'server' : starter[1] === 'client' || artifact.startsWith('langchain4j') ? 'client' : 'either';
    return MAVEN_GROUPS[group];
  }
  const known = SDKS[ecosystem];
  if (known === undefined) return undefined;
  // Go's major versions are part of the path: `…/go-sdk/v2`, and packages lie below a module.
  const plain = ecosystem === 'pypi' ? pypiName(name) : ecosystem === 'nuget' ? name.toLowerCase() : name;
  const found = ecosystem === 'go' ? Object.keys(known).find((each) => plain === each || plain.startsWith(`${each}/`)) : plain;
  return found !== undefined && Object.hasOwn(known, found) ? known[found] : undefined;
}

/** PEP 503. */
export function pypiName(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}

/** Tools around the protocol that are no servers: they carry, show or test. */
const TOOLS = new Set([
  'mcp-remote', 'supergateway', 'mcp-proxy', '@modelcontextprotocol/inspector', '@modelcontextprotocol/conformance', 'mcporter', 'install-mcp', 'add-mcp',
  '@modelcontextprotocol/create-server', '@modelcontextprotocol/inspector-cli', '@modelcontextprotocol/inspector-client', 'mcpo', 'mcp-scan', 'mcp-cli',
  '@modelcontextprotocol/inspector-server', '@anthropic-ai/mcpb', '@anthropic-ai/dxt', 'mcp-publisher',
]);

export function isTool(name: string): boolean {
  return TOOLS.has(name.toLowerCase());
}

/** Words beside `mcp` by which it is another MCP: Mod Coder Pack, chips of Microchip, molecules, certificates, airlines' … */
const OTHERS = new Set([
  'minecraft', 'mappings', 'mapping', 'forge', 'mcpedl', 'reborn', 'coder', 'srg', 'obfuscation', 'adc', 'gpio', 'spi', 'i2c', 'can', 'dac',
  'certification', 'azure', 'exam', 'launcher', 'bukkit', 'chip', 'eeprom', 'expander',
]);

/**
 * How sure a name alone makes that it names a server, 0..90. Only official names reach what makes an asset by themselves;
 * words decide (`mcp-server-git`), never letters within a word (`mcp2515`, `smcp`).
 */
export function nameConfidence(ecosystem: Ecosystem, name: string): number {
  const lower = name.toLowerCase();
  if (isTool(lower) || sdkRoleOf({ ecosystem, name }) !== undefined) return 0;
  if (ecosystem === 'npm' && lower.startsWith('@modelcontextprotocol/server-')) return 90;
  if (ecosystem === 'oci' && /^(?:docker\.io\/)?mcp\/[\w.-]+/.test(lower)) return 90;
  const words = lower.replace(/@sha256:.*$/, '').split(/[^a-z0-9]+/);
  if (!words.includes('mcp') || words.some((word) => OTHERS.has(word))) return 0;
  const at = words.indexOf('mcp');
  return words[at + 1] === 'server' || words[at - 1] === 'server' || words[at + 1] === 'servers' ? 75 : 60;
}
