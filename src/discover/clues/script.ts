import { LIMITS } from '../../domain/limits.ts';
import { readStart } from '../bounded-file.ts';
import { sdkInBinary } from './binary.ts';
import { languageOf, rolesIn } from './source-roles.ts';

/** What the file that runs shows of itself. */
export type Shown = 'server' | 'client' | 'either' | 'protocol';

/**
 * A script by its imports; one that was bundled into one file, which has none left, by the protocol's own method names. An
 * archive (`.jar`, `.dll`) by the names of classes in it.
 */
export function shownBy(script: string): Shown | undefined {
  if (/\.(?:jar|war|dll|pyz|pex)$/.test(script)) return sdkInBinary(script) === undefined ? undefined : 'either';
  const text = textOf(script);
  if (text === undefined) return undefined;
  const language = languageOf(script) ?? (/^#!.*python/.test(text) ? 'python' : 'javascript');
  const roles = rolesIn(text, language);
  if (roles !== undefined) {
    if (roles.isServer) return 'server';
    return roles.isClient ? 'client' : 'either';
  }
  return speaksProtocol(text) ? 'protocol' : undefined;
}

/** Both of its commonest methods, and how it begins in either era. */
function speaksProtocol(text: string): boolean {
  const has = (method: string): boolean => text.includes(`"${method}"`) || text.includes(`'${method}'`) || text.includes(`\`${method}\``);
  return has('tools/call') && has('tools/list') && (has('notifications/initialized') || has('server/discover') || has('initialize'));
}

function textOf(path: string): string | undefined {
  try {
    const text = readStart(path, LIMITS.hostScriptBytesMax).toString('utf8');
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}
