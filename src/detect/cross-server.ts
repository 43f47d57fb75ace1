import type { DetectorInfo } from './rules.ts';

const SHADOWING = ['MCP03', 'ASI02', 'ASI07', 'AML.T0110', 'SAFE-T1008', 'SAFE-T1301', 'MCP-T4'] as const;

/** Found by reading what a server says for the names of others of its space: `registry/shadow.ts`. Its own tools it may name. */
export const info = {
  facets: ['definition', 'instructions'],
  rules: {
    'names-tool': { severity: 'high', what: 'What it says names a tool of another server.', catalogues: SHADOWING },
    'names-server': { severity: 'medium', what: 'What it says names another server.', catalogues: SHADOWING },
  },
} as const satisfies DetectorInfo<'cross-server'>;
