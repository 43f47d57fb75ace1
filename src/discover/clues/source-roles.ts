/** Which languages' sources say, by their imports, that they speak the protocol. */
export type Language = 'javascript' | 'python' | 'go' | 'jvm' | 'dotnet' | 'rust' | 'ruby' | 'php' | 'swift';

const ENDINGS: Readonly<Record<string, Language>> = {
  ts: 'javascript', mts: 'javascript', cts: 'javascript', tsx: 'javascript', js: 'javascript', mjs: 'javascript', cjs: 'javascript', jsx: 'javascript',
  py: 'python', go: 'go', java: 'jvm', kt: 'jvm', kts: 'jvm', scala: 'jvm', cs: 'dotnet', fs: 'dotnet', rs: 'rust', rb: 'ruby', php: 'php', swift: 'swift',
};

export function languageOf(path: string): Language | undefined {
  const ending = path.slice(path.lastIndexOf('.') + 1);
  return Object.hasOwn(ENDINGS, ending) ? ENDINGS[ending] : undefined;
}

interface Signs {
  /** An import of a library of the protocol: without one, the other signs are words. */
  readonly sdk: RegExp;
  readonly server: RegExp;
  readonly client: RegExp;
}

const SIGNS: Readonly<Record<Language, Signs>> = {
  javascript: {
    sdk: new RegExp(`(?:from|require\\(|import\\(|import)\\s*['"](?:@modelcontextprotocol/(?!inspector)[\\w-]+|fastmcp|litemcp|mcp-framework|mcp-handler`
      + '|@vercel/mcp-adapter|xmcp|@rekog/mcp-nest|agents/mcp|@ai-sdk/mcp|@langchain/mcp-adapters|mcp-use|@mastra/mcp)(?:/[\\w./-]*)?[\'"]'),
    server: new RegExp('@modelcontextprotocol/(?:sdk/server|server|express|hono|node)\\b|new (?:McpServer|FastMCP|MCPServer|LiteMCP)\\s*[(<]'
      + '|createMcpHandler\\(|extends McpAgent|[\'"]@rekog/mcp-nest[\'"]'),
    client: /@modelcontextprotocol\/(?:sdk\/client|client)\b|MultiServerMCPClient|createMCPClient\(|new MCPClient\(|ClientTransport\(/,
  },
  python: {
    sdk: new RegExp('^[ \\t]*(?:from|import)[ \\t]+(?:mcp\\.(?:server|client|types|shared)|fastmcp|fastapi_mcp|mcp_use|langchain_mcp_adapters|agents\\.mcp'
      + '|pydantic_ai\\.mcp|mcpadapt)\\b|^[ \\t]*from[ \\t]+mcp[ \\t]+import[ \\t(]*(?:ClientSession|StdioServerParameters|types|Tool|stdio_client)', 'm'),
    server: /^[ \t]*(?:from|import)[ \t]+(?:mcp\.server|fastapi_mcp)\b|\bFastMCP\(|\bFastApiMCP\(/m,
    client: new RegExp('^[ \\t]*from[ \\t]+mcp[ \\t]+import[^\\n]*(?:ClientSession|StdioServerParameters|stdio_client)'
      + '|^[ \\t]*(?:from|import)[ \\t]+(?:mcp\\.client|mcp_use|langchain_mcp_adapters|agents\\.mcp|pydantic_ai\\.mcp|mcpadapt)\\b'
      + '|\\bClientSession\\(|^[ \\t]*from[ \\t]+fastmcp[ \\t]+import[^\\n]*\\bClient\\b', 'm'),
  },
  go: {
    sdk: /"github\.com\/(?:modelcontextprotocol\/go-sdk|mark3labs\/mcp-go|metoro-io\/mcp-golang|ThinkInAIXYZ\/go-mcp)(?:\/[\w./-]*)?"/,
    server: /\bmcp\.NewServer\(|"github\.com\/[\w./-]*mcp-go\/server"|\bmcp_?golang\.NewServer\(|\bserver\.NewMCPServer\(|\bserver\.NewServer\(/,
    client: /\bmcp\.NewClient\(|"github\.com\/[\w./-]*mcp-go\/client(?:\/\w+)?"|\bclient\.New\w*MCPClient\(/,
  },
  jvm: {
    sdk: /^[ \t]*import[ \t]+(?:static[ \t]+)?(?:io\.modelcontextprotocol|org\.springframework\.ai\.mcp|dev\.langchain4j\.mcp|io\.quarkiverse\.mcp)\b/m,
    server: /\bMcpServer\b|io\.modelcontextprotocol\.(?:kotlin\.sdk\.)?server|io\.quarkiverse\.mcp\.server|@McpTool\b/,
    client: /\bMcp(?:Sync|Async)?Client\b|io\.modelcontextprotocol\.(?:kotlin\.sdk\.)?client|dev\.langchain4j\.mcp/,
  },
  dotnet: {
    sdk: /^[ \t]*(?:using|open)[ \t]+ModelContextProtocol\b/m,
    server: /\[McpServerTool|AddMcpServer\(|ModelContextProtocol\.Server\b|MapMcp\(/,
    client: /ModelContextProtocol\.Client\b|McpClient(?:Factory)?\.CreateAsync/,
  },
  rust: {
    sdk: /\b(?:rmcp|rust_mcp_sdk|pmcp)::/,
    server: /\bServerHandler\b|#\[tool_router|\bServerCapabilities\b|rmcp::transport::stdio|StreamableHttpService|mcp_server::/,
    client: /\bClientHandler\b|TokioChildProcess|StreamableHttpClientTransport|mcp_client::/,
  },
  ruby: { sdk: /^[ \t]*require[ \t]+['"](?:mcp|fast_mcp|model_context_protocol)['"]/m, server: /\bMCP::Server\b|\bFastMcp\b/, client: /\bMCP::Client\b|MCPClient\b/ },
  php: {
    sdk: /^[ \t]*use[ \t]+(?:Mcp|PhpMcp|Laravel\\Mcp)\\/m, server: /(?:Mcp|PhpMcp)\\Server\b|Laravel\\Mcp\\Server\b/, client: /(?:Mcp|PhpMcp)\\Client\b/,
  },
  swift: { sdk: /^[ \t]*import MCP[ \t]*$/m, server: /\bServer\(\s*name:/, client: /\bClient\(\s*name:/ },
};

/** What a source shows of itself. */
export interface SourceRoles {
  readonly isServer: boolean;
  readonly isClient: boolean;
  /** 1-based: the line that shows it best. */
  readonly line: number;
}

/** Rows that are a comment and nothing else; attributes of Rust and PHP are none. */
const COMMENT = /^[ \t]*(?:\/\/|#(?![![])|\*|\/\*).*$/gm;

/** Undefined: nothing in it speaks the protocol. Its imports decide, never its words: a text about the protocol is none of it. */
export function rolesIn(source: string, language: Language): SourceRoles | undefined {
  const { sdk, server, client } = SIGNS[language];
  const text = source.replaceAll(COMMENT, '');
  const imported = sdk.exec(text);
  if (imported === null) return undefined;
  const [asServer, asClient] = [server.exec(text), client.exec(text)];
  const at = (asServer ?? asClient ?? imported).index;
  return { isServer: asServer !== null, isClient: asClient !== null, line: lineAt(text, at) };
}

/** 1-based line of a place in a text; of spaces before a word, the word's. */
export function lineAt(text: string, at: number): number {
  const word = at + (text.slice(at).search(/\S/) + 1 || 1) - 1;
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < word; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
}
