import { inShadow, type Beside } from '../detect/beside.ts';
import type { Inspection } from '../detect/inspect.ts';
import { modeOf, type PluginSettings, type RemoteSettings } from '../domain/detect.ts';
import type { Outside } from './inspectors.ts';

/** How what looks outside this thread is made; `close` ends what it runs. */
export interface OutsideParts {
  readonly remote: (space: string, settings: RemoteSettings) => Beside;
  readonly plugin: (settings: PluginSettings) => { readonly beside: Beside; close(): void };
}

interface Made {
  readonly of: string;
  readonly beside: Beside;
  readonly close?: () => void;
}

/** A judge outside and plug-ins, by space: kept from snapshot to snapshot while nobody sets them otherwise. */
export function createOutside(parts: OutsideParts): Outside & { close(): void } {
  const kept = new Map<string, Made>();
  const made = (key: string, settings: RemoteSettings | PluginSettings, make: () => Omit<Made, 'of'>): Beside => {
    const of = JSON.stringify(settings);
    const before = kept.get(key);
    if (before?.of === of) return before.beside;
    before?.close?.();
    const next = { of, ...make() };
    kept.set(key, next);
    return next.beside;
  };
  return {
    at({ detect }, space, server) {
      const settings = detect?.[space] ?? {};
      const all: Beside[] = [];
      const add = (id: 'remote' | 'plugin', beside: () => Beside): void => {
        const mode = modeOf(settings, server, id);
        if (mode !== 'off') all.push(mode === 'shadow' ? inShadow(beside()) : beside());
      };
      const { remote, plugins = [] } = settings;
      if (remote !== undefined) add('remote', () => made(`remote ${space}`, remote, () => ({ beside: parts.remote(space, remote) })));
      for (const plugin of plugins) add('plugin', () => made(`plugin ${space} ${plugin.id}`, plugin, () => parts.plugin(plugin)));
      return all.length === 0 ? undefined : together(all);
    },
    close() {
      for (const { close } of kept.values()) close?.();
      kept.clear();
    },
  };
}

function together(all: readonly Beside[]): Beside {
  return async (subject, found) => {
    const each = await Promise.all(all.map((beside) => beside(subject, found)));
    const incomplete = each.find((one) => one.incomplete !== undefined)?.incomplete;
    const inspection: Inspection = { findings: each.flatMap(({ findings }) => findings), shadow: each.flatMap(({ shadow = [] }) => shadow) };
    return incomplete === undefined ? inspection : { ...inspection, incomplete };
  };
}
