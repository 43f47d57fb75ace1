import type { ConfiguredScope } from '../../domain/configured-server.ts';

/**
 * Files whose text agents obey, or that clients run by themselves: instructions, rules, skills, hooks, plug-ins, memory. Patterns are
 * relative to a home or a project; `*` is one name, `**` any folders.
 */
const HOME: readonly string[] = [
  '.claude/CLAUDE.md', '.claude/{agents,commands,skills,output-styles,rules}/**/*.md', '.claude/hooks/**/*', '.claude/projects/*/memory/*.md',
  '.claude/plugins/**/{SKILL,CLAUDE,AGENTS}.md', '.claude/plugins/**/{commands,agents}/*.md', '.codex/{AGENTS,AGENTS.override,instructions}.md',
  '.codex/{prompts,skills,memories}/**/*.md', '.gemini/GEMINI.md', '.gemini/extensions/*/GEMINI.md', '.gemini/commands/**/*.toml', '.qwen/QWEN.md',
  '.config/opencode/AGENTS.md', '.config/opencode/{agent,command,skills}/**/*.md', '.config/goose/.goosehints',
  '.cursor/{rules,skills,commands}/**/*.{md,mdc}', '.cursor/hooks.json', '.codeium/windsurf/memories/*.md', '.copilot/{agents,skills,instructions}/**/*.md',
  '.config/github-copilot/**/*instructions.md', '.kiro/{steering,hooks}/**/*', '.roo/rules*/**/*', 'Documents/Cline/{Rules,Hooks,Workflows}/**/*',
  '.agents/AGENTS.md', '.agents/skills/**/*.md', '.aider.conf.yml', '.config/amp/AGENTS.md', '.config/zed/prompts/**/*', '.junie/guidelines.md',
  '.continue/rules/**/*.md',
];

const PROJECT: readonly string[] = [
  '{CLAUDE,CLAUDE.local,AGENTS,AGENT,GEMINI,QWEN,WARP,CONVENTIONS,CRUSH,SKILL}.md', '.claude/CLAUDE.md',
  '.claude/{agents,commands,skills,output-styles,rules}/**/*.md', '.claude/hooks/**/*', '.github/copilot-instructions.md',
  '.github/{instructions,prompts,agents,chatmodes,skills}/**/*.md', '.cursorrules', '.cursor/{rules,skills,commands}/**/*.{md,mdc}', '.cursor/hooks.json',
  '.windsurfrules', '.windsurf/{rules,workflows}/**/*.md', '.clinerules', '.clinerules/**/*.md', '.roorules', '.roo/rules*/**/*',
  '.kiro/{steering,hooks}/**/*', '.goosehints', '.continue/rules/**/*.md', '.opencode/{agent,command,skills}/**/*.md', '.codex/{prompts,skills}/**/*.md',
  '.gemini/GEMINI.md', '.gemini/commands/**/*.toml', '.agents/AGENTS.md', '.agents/skills/**/*.md', '.junie/guidelines.md', '.aiassistant/rules/*.md',
  '.amazonq/rules/**/*.md', '.augment/{rules,guidelines}/**/*.md', '.trae/rules/*.md', '.rules', '.qoder/rules/*.md',
  '.factory/{droids,commands,skills}/**/*.md',
];

/** Where instruction files are in a person's home, or in a project's folder. */
export function instructionPatterns(scope: Extract<ConfiguredScope, 'user' | 'project'>): readonly string[] {
  return scope === 'user' ? HOME : PROJECT;
}
