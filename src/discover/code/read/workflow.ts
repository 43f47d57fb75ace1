import { clueOfImage } from '../clue.ts';
import type { CodeLook, Clue } from '../clue.ts';
import { cluesOfServersText } from './servers-text.ts';
import { cluesOfShell } from './shell.ts';
import { everything, readYaml } from './yaml.ts';

/** Keys of CI services whose text a shell runs. */
const SCRIPTS = new Set(['run', 'script', 'before_script', 'after_script', 'command', 'bash', 'commands']);
const IMAGES = new Set(['image', 'container', 'uses']);

/**
 * The servers that CI starts: lines for a shell, images of jobs, and the lists of servers that actions for agents are given as
 * text (`mcp_config`, `claude_args`, `settings`). Of GitHub, GitLab, Azure, CircleCI and those that look like them.
 */
export function readWorkflow(text: string, look: CodeLook): readonly Clue[] {
  const members = readYaml(text).flatMap((document) => [...everything(document)]).flatMap((each) => [...(each.members ?? [])]);
  return members.flatMap(([key, value]): readonly Clue[] => {
    const rows = value.items ?? [value];
    if (SCRIPTS.has(key)) return rows.flatMap((row) => (row.text === undefined ? [] : cluesOfShell(row.text, row.line, look)));
    if (IMAGES.has(key)) {
      const image = value.text?.replace(/^docker:\/\//, '') ?? '';
      const found = key === 'uses' && value.text?.startsWith('docker://') !== true ? undefined : clueOfImage(image, value.line, 'an image of a job');
      return found === undefined ? [] : [found];
    }
    return value.text !== undefined && value.text.includes('mcpServers') ? cluesOfServersText(value.text, value.line, look) : [];
  });
}
