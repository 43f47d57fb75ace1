/** Where each client has its files, by what their paths end in or hold; the first that fits. */
const PLACES: readonly (readonly [client: string, path: RegExp])[] = [
  ['cursor', /[/\\]\.cursor[/\\]|[/\\]Cursor[/\\]User[/\\](?:mcp|settings)\.json$/], ['vscode-insiders', /[/\\]Code - Insiders[/\\]/],
  ['cline-cli', /[/\\]\.cline[/\\]|cline_mcp_settings\.json$/], ['roo-code', /roo-cline|[/\\]\.roo[/\\]/],
  ['vscode', /[/\\]\.vscode[/\\]mcp\.json$|[/\\]Code[/\\]User[/\\]/], ['claude-desktop', /claude_desktop_config\.json$/],
  ['github-copilot-cli', /[/\\]\.copilot[/\\]|[/\\]\.github[/\\]mcp\.json$/], ['claude-code', /[/\\]\.claude\.json$|[/\\]\.mcp\.json$|[/\\]\.claude[/\\]/],
  ['codex', /[/\\]\.codex[/\\]/], ['gemini-cli', /[/\\]\.gemini[/\\]settings\.json$/], ['qwen-code', /[/\\]\.qwen[/\\]/],
  ['windsurf', /[/\\](?:\.codeium|\.windsurf)[/\\]/],
  ['opencode', /opencode\.jsonc?$/], ['kilo-code', /[/\\]kilo\.jsonc?$/], ['crush', /[/\\]\.?crush\.json$/], ['zed', /[/\\]\.?zed[/\\]settings\.json$/i],
  ['continue', /[/\\]\.continue[/\\]/], ['goose', /[/\\]goose[/\\]/i], ['librechat', /librechat\.ya?ml$/], ['mistral-vibe', /[/\\]\.vibe[/\\]/],
  ['grok-build', /[/\\]\.grok[/\\]/], ['hermes-agent', /[/\\]\.hermes[/\\]/], ['kimi-code', /[/\\]\.kimi(?:-code)?[/\\]/], ['fx', /[/\\]\.fx[/\\]/],
  ['mcporter', /mcporter\.json$/], ['sema4', /sema4ai-studio/],
];

/** Whose file a path is, as an id of the table of clients; `unknown` for none of those. */
export function clientOf(path: string): string {
  return PLACES.find(([, pattern]) => pattern.test(path))?.[0] ?? 'unknown';
}
