import type { Migration } from '../migrate.ts';

export const snapshots: Migration = {
  number: 2,
  name: 'snapshots',
  statements: [
    `CREATE TABLE snapshot (
      version BIGINT PRIMARY KEY,
      bytes TEXT NOT NULL,
      signature TEXT NOT NULL,
      created_at BIGINT NOT NULL
    )`,
  ],
};
