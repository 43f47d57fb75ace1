import type { Migration } from '../migrate.ts';

export const state: Migration = {
  number: 3,
  name: 'state',
  statements: [
    'CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at BIGINT NOT NULL)',
    'CREATE INDEX state_expires_at ON state (expires_at)',
  ],
};
