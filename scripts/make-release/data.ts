import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file that ships and is no program text: what it is, whose it is, and what it was made of. */
export interface DataPart {
  readonly path: string;
  readonly type: 'machine-learning-model' | 'data';
  readonly says: string;
  readonly licence: string;
  readonly madeOf: readonly DataSource[];
}

export interface DataSource {
  readonly name: string;
  readonly licence: string;
}

const OWN = 'Apache-2.0';

/** Facts of public lists and advisories, reviewed and in words of our own. */
const KNOWLEDGE = [
  ['advisories', 'Advisories of MCP software in OSV form.'], ['vendor-endpoints', 'Servers that vendors host, by host and path.'],
  ['client-names', 'What clients call themselves.'], ['end-of-life', 'Revisions, transports, features, clients and SDKs that end.'],
  ['discovery', 'Ports, paths and texts that discovery tries and knows.'], ['edition', 'The number and day of these tables.'],
] as const;

const SCENARIOS = ['data-leaves', 'what-lasts', 'what-runs', 'what-servers-say', 'who-knocks'] as const;
const PACKS = ['prompt-injection', 'tool-poisoning', 'unauthorised-action', 'vendor-breach'] as const;

/** Every file under src/ that is neither TypeScript nor a policy. A new one is listed here before a release is made. */
export function dataParts(root: string): readonly DataPart[] {
  return [
    {
      path: 'src/detect/text-model/weights.json', type: 'machine-learning-model', licence: OWN, madeOf: trainingData(root),
      says: 'Weights of the text model; docs/model-card.md has its data, training and limits. No text of its training data is in it.',
    },
    {
      path: 'src/detect/secrets/rules.json', type: 'data', licence: 'MIT', madeOf: [{ name: 'gitleaks', licence: 'MIT' }],
      says: 'Patterns of secrets, made by scripts/secret-rules.ts of the rules of gitleaks.',
    },
    {
      path: 'src/packages/trusted-root.json', type: 'data', licence: 'Apache-2.0', madeOf: [{ name: 'sigstore/root-signing', licence: 'Apache-2.0' }],
      says: 'Keys and certificates of Sigstore, by which attestations of packages are verified offline.',
    },
    ...KNOWLEDGE.map(([name, says]): DataPart => ({ path: `src/knowledge/shipped/${name}.json`, type: 'data', licence: OWN, madeOf: [], says })),
    ...SCENARIOS.map((name): DataPart => ({
      path: `src/redteam/scenarios/${name}.yaml`, type: 'data', licence: OWN, madeOf: [], says: 'Attacks that the red team tries, in words of our own.',
    })),
    ...PACKS.map((name): DataPart => ({
      path: `src/exercise/packs/${name}.yaml`, type: 'data', licence: OWN, madeOf: [], says: 'An exercise, in words of our own.',
    })),
    {
      path: 'src/redteam/taxonomy/names.json', type: 'data', licence: OWN, madeOf: [],
      says: 'Ids and titles of published lists of techniques (OWASP, MITRE ATLAS, SAFE-MCP, CoSAI): facts; none of their texts.',
    },
    {
      path: 'src/client-files/table/clients.json', type: 'data', licence: OWN, madeOf: [],
      says: 'Clients and the files that tell each what it can do: facts of public documentation, in words of our own.',
    },
    { path: 'src/cli/size-figures.json', type: 'data', licence: OWN, madeOf: [], says: 'Figures of our own measurements, for sallyport size.' },
    {
      path: 'src/audit/bundle/verify.mjs', type: 'data', licence: OWN, madeOf: [],
      says: 'The program that verifies an evidence bundle, which goes into each.',
    },
  ];
}

/** The table of sources in the model card: the one place where they are written down. Throws when it is gone. */
function trainingData(root: string): readonly DataSource[] {
  const card = readFileSync(join(root, 'docs', 'model-card.md'), 'utf8');
  const [, table = ''] = /\| source \| rows \| licence \|\n\|[ -|]*\n((?:\|.*\n)+)/.exec(card) ?? [];
  const rows = table.trim().split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const sources = rows.flatMap(([, name = '', , licence = '']) => (name === '' ? [] : [{ name, licence }]));
  if (sources.length === 0) throw new Error('docs/model-card.md names no training data');
  return sources;
}
