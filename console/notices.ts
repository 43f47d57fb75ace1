import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface Bundled {
  /** Its place in node_modules, as the lock has it. */
  readonly at: string;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

const LICENCE = /^(?:licen[cs]e|notice|copying)(?:[.-][\w.-]*)?$/i;

/**
 * Says what of others the bundle holds: `notices.txt` with the licence of each, which goes wherever the bundle goes, and
 * `.packages.json`, which scripts/release reads for the bill of materials.
 */
export function notices(root: string): Plugin {
  return {
    name: 'sallyport-notices',
    generateBundle() {
      const places = [...new Set([...this.getModuleIds()].flatMap((id) => placeOf(root, id)))].toSorted();
      const bundled = places.map((at) => readBundled(root, at));
      this.emitFile({ type: 'asset', fileName: '.packages.json', source: `${JSON.stringify(bundled, undefined, 2)}\n` });
      this.emitFile({ type: 'asset', fileName: 'notices.txt', source: bundled.map((one) => noticeOf(root, one)).join('\n\n') });
    },
  };
}

function placeOf(root: string, id: string): readonly string[] {
  const path = id.replace(/^\0+/, '').replace(/[?#].*$/, '');
  const [, at] = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return at !== undefined && at.startsWith(`${root}/`) && existsSync(join(at, 'package.json')) ? [at.slice(root.length + 1)] : [];
}

function readBundled(root: string, at: string): Bundled {
  const manifest: { readonly name?: string; readonly version?: string; readonly license?: string } = JSON.parse(
    readFileSync(join(root, at, 'package.json'), 'utf8'),
  );
  return { at, name: manifest.name ?? '', version: manifest.version ?? '', licence: manifest.license ?? '' };
}

function noticeOf(root: string, { at, name, version, licence }: Bundled): string {
  const files = readdirSync(join(root, at), { withFileTypes: true }).filter((entry) => entry.isFile() && LICENCE.test(entry.name));
  const texts = files.map((entry) => readFileSync(join(root, at, entry.name), 'utf8').trim());
  return `${name} ${version} (${licence})\n${'='.repeat(72)}\n${texts.join('\n\n')}`;
}
