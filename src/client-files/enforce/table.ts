import { claudeCode } from './claude-code.ts';
import { cline } from './cline.ts';
import { codex } from './codex.ts';
import { copilot } from './copilot.ts';
import { gemini } from './gemini.ts';
import type { Target } from './plan.ts';
import { registryFile } from './registry-file.ts';
import { vscode } from './vscode.ts';

/** Every client whose makers left a place for an organisation's word. */
export const TARGETS: readonly Target[] = [claudeCode, copilot, vscode, codex, gemini, cline, registryFile];

/** Clients that people use and whose makers document no such place, and what is left to do about each. */
export const UNENFORCED: readonly { readonly client: string; readonly instead: string }[] = [
  {
    client: 'cursor',
    instead: 'managed hooks (/etc/cursor/hooks.json) and the team dashboard; no list of servers is documented: watch its files, shut it out at the network',
  },
  { client: 'claude-desktop', instead: 'the organisation\'s connectors are set at claude.ai; its own file is watched' },
  { client: 'windsurf', instead: 'watch its files, close its way out at the network' },
  { client: 'zed', instead: 'watch its files, close its way out at the network' },
  { client: 'goose', instead: 'watch its files, close its way out at the network' },
  { client: 'lm-studio', instead: 'watch its files, close its way out at the network' },
  { client: 'continue', instead: 'watch its files, close its way out at the network' },
  { client: 'every other', instead: 'watch its files, close its way out at the network' },
];
