import type { ComponentType } from 'react';
import type { Access } from '../../src/control/access.ts';
import type { TextKey } from '../texts/t.ts';

/** One address of a screen. */
export interface Place {
  /** Below the console; `$id` is one segment. */
  readonly path: string;
  /** Loaded when it is first opened. */
  readonly load: () => Promise<ComponentType>;
}

/** A screen: what the sidebar says of it, and its places. It mirrors a resource of control. */
export interface Screen {
  readonly name: string;
  readonly title: TextKey;
  readonly group: 'now' | 'rules' | 'around' | 'record';
  /** Without it the screen isn't offered. */
  readonly needs: Access;
  /** The second key of `g …`, which goes there. */
  readonly key: string;
  readonly places: readonly [Place, ...Place[]];
}
