import type { Migration } from '../migrate.ts';

export const resources: Migration = {
  number: 1,
  name: 'resources',
  statements: [
    `CREATE TABLE resource (
      kind TEXT NOT NULL,
      space TEXT NOT NULL,
      id TEXT NOT NULL,
      body TEXT NOT NULL,
      version BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      updated_by TEXT NOT NULL,
      PRIMARY KEY (kind, space, id)
    )`,
    'CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL)',
    "INSERT INTO counter (name, value) VALUES ('change', 0)",
  ],
};
