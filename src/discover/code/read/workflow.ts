import { traceOfImage } from '../trace.ts';
import type { CodeLook, Trace } from '../trace.ts';
import { tracesOfServersText } from './servers-text.ts';
import { tracesOfShell } from './shell.ts';
import { everything, readYaml } from './yaml.ts';

/** Keys of CI services whose text a shell runs. */
const SCRIPTS = new Set(['run', 'script', 'before_script', 'after_script', 'command', 'bash', 'commands']);
const IMAGES = new Set(['image', 'container', 'uses']);

/**
 * The servers that CI starts: lines for a shell, images of jobs, and the lists of servers that actions for agents are given as
 * text (`mcp_config`, `claude_args`, `settings`). Of GitHub, GitLab, Azure, CircleCI and those that look like them.
 */
export function readWorkflow(text: string, look: CodeLook): readonly Trace[] {
  const members = readYaml(text).flatMap((document) => [...everything(document)]).flatMap((each) => [...(each.members ?? [])]);
  return members.flatMap(([key, value]): readonly Trace[] => {
    const rows = value.items ?? [value];
    if (SCRIPTS.has(key)) return rows.flatMap((row) => (row.text === undefined ? [] : tracesOfShell(row.text, row.line, look)));
    if (IMAGES.has(key)) {
      const image = value.text?.replace(/^docker:\/\//, '') ?? '';
      const found = key === 'uses' && value.text?.startsWith('docker://') !== true ? undefined : traceOfImage(image, value.line, 'an image of a job');
      return found === undefined ? [] : [found];
    }
    return value.text !== undefined && value.text.includes('mcpServers') ? tracesOfServersText(value.text, value.line, look) : [];
  });
}
