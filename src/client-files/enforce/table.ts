import { CLIENT_TABLE } from '../table/table.ts';
import { claudeCode } from './claude-code.ts';
import { cline } from './cline.ts';
import { codex } from './codex.ts';
import { copilot } from './copilot.ts';
import { gemini } from './gemini.ts';
import type { Target } from './plan.ts';
import { registryFile } from './registry-file.ts';
import { vscode } from './vscode.ts';

const WATCHED = 'watch its files, shut it out at the network';

/** Where something else than watching is left. */
const INSTEAD: Readonly<Record<string, string>> = {
  'cursor': `managed hooks (/etc/cursor/hooks.json) and the team dashboard; no list of servers is documented: ${WATCHED}`,
  'claude-desktop': 'connectors are set for the organisation at claude.ai; its own file is watched',
  'cloud-hosted': 'it runs at its vendor: what it may reach is set in that vendor\'s console, and seen by its grants',
};

/** Every client whose makers left a place for an organisation's word. */
export const TARGETS: readonly Target[] = [claudeCode, copilot, vscode, codex, gemini, cline, registryFile];

/** Clients of the table whose makers document no such place, and what is left to do about each. */
export const UNENFORCED: readonly { readonly client: string; readonly instead: string }[] = CLIENT_TABLE
  .filter(({ id }) => !TARGETS.some(({ clients }) => clients.includes(id)))
  .map(({ id }) => ({ client: id, instead: INSTEAD[id] ?? WATCHED }));
