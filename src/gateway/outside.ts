import { inShadow, type Beside } from '../detect/beside.ts';
import type { Inspection } from '../detect/inspect.ts';
import { modeOf, type PluginSettings, type RemoteSettings, type SpaceDetect } from '../domain/detect.ts';
import type { Outside } from './inspectors.ts';

/** How what looks outside this thread is made; `close` ends what it runs. */
export interface OutsideParts {
  readonly remote: (space: string, settings: RemoteSettings) => Beside;
  readonly plugin: (settings: PluginSettings) => { readonly beside: Beside; close(): void };
}

interface Made {
  readonly beside: Beside;
  readonly close?: () => void;
}

/** A judge outside and plug-ins, by space and settings: kept from snapshot to snapshot while anybody sets them so, and ended then. */
export function createOutside(parts: OutsideParts): Outside & { close(): void } {
  const kept = new Map<string, Made>();
  let newest = 0;
  const made = (key: string, make: () => Made): Beside => {
    const one = kept.get(key) ?? make();
    kept.set(key, one);
    return one.beside;
  };
  const end = (isOver: (key: string) => boolean): void => {
    for (const [key, { close }] of kept) {
      if (!isOver(key)) continue;
      close?.();
      kept.delete(key);
    }
  };
  return {
    at({ version, detect = {} }, space, server) {
      // What an older snapshot is still judged by ends nothing of a newer one's.
      if (version > newest) {
        newest = version;
        const wanted = new Set(Object.entries(detect).flatMap(([of, one]) => settingsIn(one).map((all) => keyOf(of, all))));
        end((key) => !wanted.has(key));
      }
      const settings = detect[space] ?? {};
      const all: Beside[] = [];
      const add = (id: 'remote' | 'plugin', beside: () => Beside): void => {
        const mode = modeOf(settings, server, id);
        if (mode !== 'off') all.push(mode === 'shadow' ? inShadow(beside()) : beside());
      };
      const { remote, plugins = [] } = settings;
      if (remote !== undefined) add('remote', () => made(keyOf(space, remote), () => ({ beside: parts.remote(space, remote) })));
      for (const plugin of plugins) add('plugin', () => made(keyOf(space, plugin), () => parts.plugin(plugin)));
      return all.length === 0 ? undefined : together(all);
    },
    close() {
      end(() => true);
    },
  };
}

function settingsIn({ remote, plugins = [] }: SpaceDetect): readonly (RemoteSettings | PluginSettings)[] {
  return remote === undefined ? plugins : [remote, ...plugins];
}

function keyOf(space: string, settings: RemoteSettings | PluginSettings): string {
  return JSON.stringify([space, settings]);
}

function together(all: readonly Beside[]): Beside {
  return async (subject, found) => {
    const each = await Promise.all(all.map((beside) => beside(subject, found)));
    const incomplete = each.find((one) => one.incomplete !== undefined)?.incomplete;
    const inspection: Inspection = { findings: each.flatMap(({ findings }) => findings), shadow: each.flatMap(({ shadow = [] }) => shadow) };
    return incomplete === undefined ? inspection : { ...inspection, incomplete };
  };
}
