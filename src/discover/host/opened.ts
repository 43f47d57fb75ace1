import { pathsOf } from './find.ts';
import type { PersonHome } from './homes.ts';
import { readPlainFile } from './plain-file.ts';

/** Where editors remember the folders and workspaces that were opened in them. */
const REMEMBERED = [
  '.config/*/User/workspaceStorage/*/workspace.json', 'Library/Application Support/*/User/workspaceStorage/*/workspace.json',
  'AppData/Roaming/*/User/workspaceStorage/*/workspace.json', '.vscode-server/data/User/workspaceStorage/*/workspace.json',
];
const BYTES_MAX = 64 * 1024;

/** Folders of this machine that a person opened in an editor; what lies on another machine is that machine's. */
export async function openedFolders({ folder }: PersonHome): Promise<readonly string[]> {
  const files = (await Promise.all(REMEMBERED.map((pattern) => pathsOf(`${folder}/${pattern}`)))).flat();
  const found = await Promise.all(files.map(async (path) => {
    const file = await readPlainFile(path, BYTES_MAX);
    return file === undefined || 'reason' in file ? undefined : folderIn(file.text);
  }));
  return found.filter((each) => each !== undefined);
}

/** `{"folder":"file:///home/me/a%20b"}`, or the folder of `{"workspace":"file:///home/me/x.code-workspace"}`. */
function folderIn(text: string): string | undefined {
  const [, kind, address = ''] = /"(folder|workspace|configuration)"\s*:\s*"(file:\/\/[^"\\]*)"/.exec(text) ?? [];
  if (!URL.canParse(address) || new URL(address).host !== '') return undefined;
  const path = decoded(new URL(address).pathname);
  return kind === 'folder' ? path : path?.replace(/\/[^/]*$/, '');
}

/** `/c%3A/x` of Windows as `C:/x`; undefined: it is no text. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path).replace(/^\/([a-z]:)/i, '$1');
  } catch {
    return undefined;
  }
}
