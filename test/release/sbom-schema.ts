/** The part of CycloneDX 1.6 that a bill of ours uses, closed: a field that is not here is a mistake. */
const TEXT = { type: 'string', minLength: 1 } as const;
const LICENCES = {
  type: 'array', minItems: 1, items: {
    oneOf: [
      { type: 'object', additionalProperties: false, required: ['expression'], properties: { expression: TEXT } },
      {
        type: 'object', additionalProperties: false, required: ['license'],
        properties: { license: { type: 'object', additionalProperties: false, required: ['id'], properties: { id: TEXT } } },
      },
    ],
  },
} as const;
const HASH = (alg: string, length: number): object => ({
  type: 'object', additionalProperties: false, required: ['alg', 'content'],
  properties: { alg: { const: alg }, content: { type: 'string', pattern: `^[0-9a-f]{${length}}$` } },
});
const DATASETS = {
  type: 'array', minItems: 1, items: {
    type: 'object', additionalProperties: false, required: ['type', 'name'], properties: { type: { const: 'dataset' }, name: TEXT, description: TEXT },
  },
} as const;
const COMPONENT = {
  type: 'object', additionalProperties: false, required: ['type', 'bom-ref', 'name', 'hashes', 'licenses'],
  properties: {
    type: { enum: ['library', 'machine-learning-model', 'data'] }, 'bom-ref': TEXT, name: TEXT, version: TEXT, description: TEXT,
    purl: { type: 'string', pattern: '^pkg:npm/(?:%40[a-z0-9-]+/)?[A-Za-z0-9._-]+@[0-9][\\w.+-]*$' },
    scope: { enum: ['required', 'optional'] },
    hashes: { type: 'array', minItems: 1, items: { oneOf: [HASH('SHA-512', 128), HASH('SHA-256', 64), HASH('SHA-1', 40)] } },
    licenses: LICENCES,
    modelCard: {
      type: 'object', additionalProperties: false, required: ['modelParameters'],
      properties: { modelParameters: { type: 'object', additionalProperties: false, properties: { task: TEXT, datasets: DATASETS } } },
    },
    data: DATASETS,
  },
} as const;

export const SBOM = {
  type: 'object', additionalProperties: false,
  required: ['bomFormat', 'specVersion', 'serialNumber', 'version', 'metadata', 'components', 'dependencies'],
  properties: {
    $schema: { const: 'http://cyclonedx.org/schema/bom-1.6.schema.json' }, bomFormat: { const: 'CycloneDX' }, specVersion: { const: '1.6' },
    serialNumber: { type: 'string', pattern: '^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }, version: { const: 1 },
    metadata: {
      type: 'object', additionalProperties: false, required: ['timestamp', 'tools', 'component'],
      properties: { timestamp: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T[\\d:]{8}Z$' }, tools: { type: 'object' }, component: { type: 'object' } },
    },
    components: { type: 'array', minItems: 50, uniqueItems: true, items: COMPONENT },
    dependencies: {
      type: 'array', items: {
        type: 'object', additionalProperties: false, required: ['ref', 'dependsOn'],
        properties: { ref: TEXT, dependsOn: { type: 'array', uniqueItems: true, items: TEXT } },
      },
    },
  },
} as const;
