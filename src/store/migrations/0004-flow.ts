import type { Migration } from '../migrate.ts';

export const flow: Migration = {
  number: 4,
  name: 'flow',
  statements: [
    `CREATE TABLE flow_entry (
      space TEXT NOT NULL,
      context TEXT NOT NULL,
      generation BIGINT NOT NULL,
      position BIGINT NOT NULL,
      body TEXT NOT NULL,
      PRIMARY KEY (space, context, generation, position)
    )`,
  ],
};
