import { expect, test } from 'bun:test';
import { rolesIn } from './source-roles.ts';
import type { Language } from './source-roles.ts';

const SOURCES: readonly (readonly [Language, string, 'server' | 'client' | 'either' | 'none'])[] = [
  ['javascript', "import { FastMCP } from 'fastmcp';\nnew FastMCP({ name: 'a' });", 'server'],
  ['javascript', "const { createMcpHandler } = require('mcp-handler');\nmodule.exports = createMcpHandler(() => {});", 'server'],
  ['javascript', "import { experimental_createMCPClient as createMCPClient } from '@ai-sdk/mcp';\nawait createMCPClient({});", 'client'],
  ['javascript', "import type { Tool } from '@modelcontextprotocol/core';", 'either'],
  ['javascript', "import x from '@modelcontextprotocol/inspector';", 'none'], ['javascript', "import mcp from 'mcp2515';", 'none'],
  ['python', 'from fastmcp import FastMCP\napp = FastMCP("a")', 'server'], ['python', 'from fastmcp import Client', 'client'],
  ['python', 'from agents.mcp import MCPServerStdio', 'client'], ['python', 'import mcp', 'none'], ['python', 'from mcp23017 import MCP', 'none'],
  ['go', 'import "github.com/mark3labs/mcp-go/server"\nvar s = server.NewMCPServer("a", "1")', 'server'],
  ['go', 'import "github.com/mark3labs/mcp-go/client"', 'client'], ['jvm', 'import dev.langchain4j.mcp.McpToolProvider;', 'client'],
  ['jvm', 'import io.modelcontextprotocol.kotlin.sdk.server.Server', 'server'], ['dotnet', 'using ModelContextProtocol.Client;', 'client'],
  ['rust', 'use rmcp::transport::TokioChildProcess;', 'client'], ['rust', '#[tool_router]\nimpl A {}\nuse rmcp::model::*;', 'server'],
  ['ruby', "require 'mcp'\nMCP::Server.new(name: 'a')", 'server'], ['php', 'use PhpMcp\\Server\\Server;', 'server'],
  ['swift', 'import MCP\nlet server = Server(name: "a", version: "1")', 'server'], ['swift', 'import MCPKit', 'none'],
];

test.each(SOURCES.map(([language, text, role]) => ({ language, text, role })))('$language: $text is $role', ({ language, text, role }) => {
  const found = rolesIn(text, language);
  expect(found === undefined ? 'none' : found.isServer ? 'server' : found.isClient ? 'client' : 'either').toBe(role);
});
