import type { Migration } from '../migrate.ts';
import { resources } from './0001-resources.ts';
import { snapshots } from './0002-snapshots.ts';
import { state } from './0003-state.ts';
import { flow } from './0004-flow.ts';
import { configuration } from './0005-configuration.ts';

/** In order, forward only. One that was released is never edited (its checksum is stored): what must change gets a new one. */
export const MIGRATIONS: readonly Migration[] = [resources, snapshots, state, flow, configuration];
