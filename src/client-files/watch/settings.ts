import type { Severity } from '../../domain/finding.ts';

/**
 * Settings beside the servers that decide what a client runs by itself, or what it no longer asks: what a change of each weighs.
 * `critical`: names a program, or code.
 */
export const WEIGHED: Readonly<Record<string, Severity>> = {
  'hooks': 'critical', 'apiKeyHelper': 'critical', 'statusLine': 'critical', 'awsAuthRefresh': 'critical', 'awsCredentialExport': 'critical',
  'otelHeadersHelper': 'critical', 'headersHelper': 'critical', 'notify': 'critical', 'mcp.serverCommand': 'critical', 'tools.discoveryCommand': 'critical',
  'tools.callCommand': 'critical', 'env': 'critical',
  'permissions': 'high', 'enableAllProjectMcpServers': 'high', 'enabledMcpjsonServers': 'high', 'disabledMcpjsonServers': 'high', 'mcpAllowlist': 'high',
  'terminalAllowlist': 'high', 'chat.tools.autoApprove': 'high', 'chat.tools.global.autoApprove': 'high', 'chat.tools.terminal.autoApprove': 'high',
  'chat.mcp.access': 'high', 'chat.mcp.discovery.enabled': 'high', 'mcp.allowed': 'high', 'mcp.excluded': 'high', 'security': 'high', 'approval_policy': 'high',
  'sandbox_mode': 'high', 'sandbox': 'high', 'plugins': 'high', 'enabledPlugins': 'high', 'extraKnownMarketplaces': 'high', 'allowedMcpServers': 'high',
  'deniedMcpServers': 'high', 'allowManagedMcpServersOnly': 'high', 'disableClaudeAiConnectors': 'high', 'features': 'high',
  'ChatMCP': 'high', 'McpGalleryServiceUrl': 'high', 'ChatToolsAutoApprove': 'high',
};

/** What is a setting in the organisation's own documents alone; elsewhere the servers in it are compared one by one. */
export const MANAGED: Readonly<Record<string, Severity>> = { 'mcp_servers': 'high', 'mcpServers': 'high' };

/** Variables by which whoever sets them runs code in another's program, or sends it to another registry: as good as another command. */
const RUNS_CODE: readonly RegExp[] = [
  /^(?:LD|DYLD|NPM_CONFIG|PIP|UV|BUN|DENO)_/i, /^NODE_(?:OPTIONS|PATH|EXTRA_CA_CERTS)$/i, /^PYTHON(?:PATH|STARTUP|HOME)$/i, /^(?:PERL5?|RUBY)(?:OPT|LIB)$/i,
  /^(?:BASH_ENV|ENV|PATH|DOCKER_HOST|_?JAVA_(?:TOOL_)?OPTIONS|DOTNET_STARTUP_HOOKS)$/i, /^GIT_(?:SSH|CONFIG|EXEC)/i,
];

/** Whether a variable can make a program run something else. */
export function runsCode(variable: string): boolean {
  return RUNS_CODE.some((pattern) => pattern.test(variable));
}
