export const SECRET = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
export const OTHER = 'hunter2hunter2';

/** Of each family of formats a file as its clients write it, with what that client has of its own. */
export const FAMILIES: Readonly<Record<string, string>> = {
  'claude_desktop_config.json': `{
  "mcpServers": {
    "gh": { "command": "npx", "args": ["-y", "gh@1.0.0", "--token=${SECRET}"], "env": { "GH_TOKEN": "${SECRET}", "LOG": "1" } }
  }
}`,
  '.vscode/mcp.json': `// ours
{
\t"servers": {
\t\t"gh": {
\t\t\t"type": "stdio", /* local */
\t\t\t"command": "node",
\t\t\t"args": ["gh.js"],
\t\t\t"env": { "GH_TOKEN": "${SECRET}" },
\t\t},
\t\t"web": { "type": "http", "url": "https://mcp.example.com/mcp", "headers": { "Authorization": "Bearer ${SECRET}" } },
\t},
}
`.replaceAll('\n', '\r\n'),
  'opencode.jsonc': `{
  "mcp": {
    // local
    "gh": {
      "type": "local", "command": ["npx", "-y", "gh", "--api-key", "${OTHER}"],
      "environment": { "GH_TOKEN": "${SECRET}" }, "enabled": true
    },
    "web": { "type": "remote", "url": "https://mcp.example.com/mcp?token=${SECRET}&a=b" }
  }
}
`,
  '.zed/settings.json': `{
  "theme": "One", // dark
  "context_servers": {
    "gh": { "command": { "path": "node", "args": ["gh.js"], "env": { "GH_TOKEN": "${SECRET}" } }, "settings": {} }
  }
}
`,
  '.claude.json': JSON.stringify({
    numStartups: 3,
    projects: { '/home/ann/x': { mcpServers: { gh: { command: 'node', args: ['gh.js'], env: { DATABASE_URL: `postgres://ann:${OTHER}@db/x` } } } } },
  }),
  'goose/config.yaml': `# mine
extensions:
  developer: { type: builtin, enabled: true }
  gh:
    type: stdio
    cmd: uvx # fetch
    args: [gh-server, "--api-key", ${OTHER}]
    envs:
      GH_TOKEN: ${SECRET}
    timeout: 300
GOOSE_MODEL: x
`,
  '.continue/config.yaml': `name: mine
mcpServers:
  - name: gh
    command: npx
    args:
      - gh
    env:
      GH_TOKEN: >-
        ${SECRET}
  # remote
  - name: plain
    url: https://mcp.example.com
`,
  'librechat.yaml': `version: 1.2.1
mcpServers:
  web:
    type: streamable-http
    url: "https://mcp.example.com"
    headers:
      X-Api-Key: '${OTHER}' # theirs
`,
  '.codex/config.toml': `model = "o5"

[mcp_servers.gh] # hub
command = 'npx'
args = ["-y", "gh"]

[mcp_servers.gh.env]
GH_TOKEN = "${SECRET}"

# others
[mcp_servers.plain]
url = "https://mcp.example.com"
`,
  '.vibe/config.toml': `[[mcp_servers]]
name = "a"
transport = "stdio"
command = "a"

[[mcp_servers]]
name = "gh"
transport = "stdio"
command = "npx"
args = [
  "gh", # it
  "--password",
  """${OTHER}""",
]
env = { GH_TOKEN = "${SECRET}" }
`,
};
