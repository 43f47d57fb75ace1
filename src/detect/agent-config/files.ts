/** Files by which agents are configured or instructed, as their makers document them; compared with canonical paths in lower case. */
export const AGENT_FILES: readonly RegExp[] = [
  // Server lists under the names that most clients share.
  /(?:^|\/)\.?mcp(?:[-_](?:config|settings|servers?))?(?:\.local|-local)?\.(?:jsonc?|ya?ml|toml)$/,
  /(?:^|\/)(?:anythingllm_mcp_servers|cline_mcp_settings|claude_desktop_config|mcporter|openclaw|default)\.json$(?<=(?:mcp_servers|mcp_settings|desktop_config|mcporter|openclaw|amazonq\/default)\.json)/,
  // Folders of which every file is the agent's own.
  /(?:^|\/)\.(?:cursor|claude|codex|gemini|windsurf|codeium|amazonq|augment|cline|roo|kilo|kilocode|kiro|kimi|kimi-code|qwen|trae|junie|continue|copilot|opencode|openhands|openclaw|goose|hermes|grok|vibe|devin|deepagents|factory|mastracode|rovodev|tabnine|warp|void|void-editor|pi|agents|ai|amp|crush|cody|qoder|zed|mcp-auth|mcphub|mcporter|lmstudio)\//,
  /(?:^|\/)(?:claude|code|cursor|trae|code - insiders)\/(?:user\/)?(?:mcp|settings|claude_desktop_config)\.json$/,
  /(?:^|\/)(?:claude-code|claudecode|geminicli|gemini-cli)\/(?:managed-)?(?:mcp|settings)/,
  /(?:^|\/)(?:goose|opencode|toolhive|crush|amp|zed|kilo|devin|witsy|muse)\/(?:config|settings|registry|runconfigs|opencode|crush|kilo)[\w./-]*$/,
  /(?:^|\/)\.(?:claude|crush|mcp|opencode)\.jsonc?$|(?:^|\/)\.crushrc$/,
  // What agents read as instructions.
  /(?:^|\/)(?:claude|agents|gemini|qwen|copilot-instructions|skill|soul|memory|conventions)(?:\.local)?\.md$/,
  /(?:^|\/)\.(?:cursorrules|windsurfrules|clinerules|roorules|goosehints|aider[\w.-]*|rules)(?:$|\/)/,
  /(?:^|\/)\.github\/(?:copilot-instructions|prompts|instructions|chatmodes|agents|mcp)/,
  /(?:^|\/)(?:managed-mcp|managed-settings|mcp-config)\.json$/,
];

/** What starts by itself: shells, editors, hooks, builds, services, keys that let somebody in. */
export const STARTUP_FILES: readonly RegExp[] = [
  /(?:^|\/)\.(?:bash(?:rc|_profile|_login|_logout|_aliases)|zsh(?:rc|env)|zprofile|zlogin|profile|kshrc|cshrc|tcshrc|inputrc|xprofile|xinitrc|envrc)$/,
  /(?:^|\/)\.config\/(?:fish\/|autostart\/|systemd\/user\/|nushell\/|powershell\/)|(?:microsoft\.powershell_)?profile\.ps1$/,
  /^\/etc\/(?:profile(?:\.d\/|$)|bash\.bashrc|zsh|environment|cron|rc\.local|init\.d\/|systemd\/|ld\.so\.preload|sudoers|pam\.d\/)|^\/var\/spool\/cron/,
  /(?:^|\/)library\/launch(?:agents|daemons)\/|start menu\/programs\/startup\//,
  /(?:^|\/)\.git\/(?:hooks\/|config$|info\/attributes$)|(?:^|\/)\.(?:gitconfig|gitmodules|husky\/|pre-commit-config\.yaml|lefthook\.yml)/,
  /(?:^|\/)\.(?:vscode|idea|vs|fleet)\/|(?:^|\/)\.devcontainer(?:\/|\.json$)|\.code-workspace$/,
  /(?:^|\/)\.github\/(?:workflows|actions)\/|(?:^|\/)\.gitlab-ci\.yml$|(?:^|\/)(?:jenkinsfile|azure-pipelines\.yml)$|(?:^|\/)\.circleci\//,
  /(?:^|\/)\.ssh\/(?:authorized_keys2?|config|rc|environment)$/,
  /(?:^|\/)(?:sitecustomize|usercustomize)\.py$|\.pth$|(?:^|\/)(?:pip\.conf|\.pypirc|\.npmrc|\.yarnrc(?:\.yml)?|\.curlrc|\.wgetrc|\.vimrc|\.nvimrc|\.emacs|\.tmux\.conf|\.screenrc|\.gdbinit|\.lldbinit|\.irbrc|\.pythonrc)$/,
];
