import type { DetectorInfo } from './rules.ts';

const SQUATTING = ['MCP03', 'MCP09', 'ASI04', 'AML.T0104', 'SAFE-T1004', 'MCP-T11'] as const;

/** Found by comparing the tools of a server with those of the others of its space: `registry/shadow.ts`. */
export const info = {
  facets: ['definition'],
  rules: {
    'same-name': { severity: 'low', what: 'Another server has a tool of the same name.', catalogues: SQUATTING },
    'confusable-name': { severity: 'high', what: 'Its name looks like that of another tool.', catalogues: SQUATTING },
    'near-name': { severity: 'medium', what: 'Its name is one letter away from that of another server’s tool.', catalogues: SQUATTING },
    'same-words': { severity: 'low', what: 'Its name has the words of another server’s tool in another order.', catalogues: SQUATTING },
    'similar-description': { severity: 'medium', what: 'It is described as another server’s tool is.', catalogues: SQUATTING },
  },
} as const satisfies DetectorInfo<'name-collision'>;
