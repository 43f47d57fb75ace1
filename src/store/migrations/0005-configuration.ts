import type { Migration } from '../migrate.ts';

export const configuration: Migration = {
  number: 5,
  name: 'configuration',
  statements: [
    `CREATE TABLE configuration_version (
      number BIGINT PRIMARY KEY,
      statement TEXT NOT NULL,
      signature TEXT NOT NULL,
      content TEXT NOT NULL
    )`,
  ],
};
