/**
 * The part of the Kubernetes API that our manifests and exported policies use, closed: a key that is not here is a typing error.
 * Written from the API's reference (apps/v1, networking.k8s.io/v1, core/v1).
 */
type Schema = Readonly<Record<string, unknown>>;

function object(required: Readonly<Record<string, Schema>>, optional: Readonly<Record<string, Schema>> = {}): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(required), properties: { ...required, ...optional } };
}

const list = (items: Schema, minItems = 1): Schema => ({ type: 'array', minItems, items });
const is = (value: unknown): Schema => ({ const: value });
const STRING: Schema = { type: 'string', minLength: 1, maxLength: 1024 };
const NAME: Schema = { type: 'string', pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' };
const LONG_NAME: Schema = { type: 'string', maxLength: 253, pattern: '^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$' };
const PORT: Schema = { type: 'integer', minimum: 1, maximum: 65535 };
const BOOLEAN: Schema = { type: 'boolean' };
const ID: Schema = { type: 'integer', minimum: 1 };
const QUANTITY: Schema = { type: 'string', pattern: '^\\d+(?:m|[KMG]i)?$' };
const LABELS: Schema = {
  type: 'object', propertyNames: { pattern: '^(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$' },
  additionalProperties: { type: 'string', pattern: '^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$' },
};
const SELECTOR = object({}, { matchLabels: LABELS });
const metadata = object({ name: LONG_NAME }, { namespace: NAME, labels: LABELS });

const PEER = object({}, {
  podSelector: SELECTOR, namespaceSelector: SELECTOR,
  ipBlock: object({ cidr: { type: 'string', pattern: '^[0-9a-f.:]+/\\d{1,3}$' } }, { except: list({ type: 'string', pattern: '^[0-9a-f.:]+/\\d{1,3}$' }) }),
});
const PORTS = list(object({ protocol: { enum: ['TCP', 'UDP', 'SCTP'] }, port: PORT }));

export const NETWORK_POLICY = object({
  apiVersion: is('networking.k8s.io/v1'), kind: is('NetworkPolicy'), metadata,
  spec: object({ podSelector: SELECTOR }, {
    policyTypes: { type: 'array', uniqueItems: true, items: { enum: ['Ingress', 'Egress'] } },
    ingress: list(object({}, { from: list(PEER), ports: PORTS }), 0), egress: list(object({}, { to: list(PEER), ports: PORTS }), 0),
  }),
});

const PROBE = object({ httpGet: object({ path: STRING, port: STRING, scheme: { enum: ['HTTP', 'HTTPS'] } }) });
const CONTAINER = {
  name: NAME, image: STRING,
  securityContext: object(
    { allowPrivilegeEscalation: BOOLEAN, readOnlyRootFilesystem: BOOLEAN, capabilities: object({ drop: list(STRING) }) },
    { procMount: { enum: ['Default', 'Unmasked'] } },
  ),
  resources: object({ requests: object({ cpu: QUANTITY, memory: QUANTITY }), limits: object({ cpu: QUANTITY, memory: QUANTITY }) }),
  volumeMounts: list(object({ name: NAME, mountPath: STRING }, { readOnly: BOOLEAN, subPath: STRING })),
};
const ROLE = object({ ...CONTAINER, args: list(STRING), ports: list(object({ name: NAME, containerPort: PORT })) }, {
  env: list(object({ name: STRING, valueFrom: object({ fieldRef: object({ fieldPath: STRING }) }) })), readinessProbe: PROBE, livenessProbe: PROBE,
});
const VOLUME = object({ name: NAME }, {
  emptyDir: object({ sizeLimit: QUANTITY }), configMap: object({ name: NAME }),
  secret: object({ secretName: NAME, defaultMode: { type: 'integer', maximum: 511 } }),
});
const POD = object({
  serviceAccountName: NAME, automountServiceAccountToken: BOOLEAN, enableServiceLinks: BOOLEAN,
  securityContext: object({
    runAsNonRoot: BOOLEAN, runAsUser: ID, runAsGroup: ID, fsGroup: ID, fsGroupChangePolicy: { enum: ['OnRootMismatch', 'Always'] },
    seccompProfile: object({ type: { enum: ['RuntimeDefault', 'Unconfined'] } }),
  }),
  containers: list(ROLE), volumes: list(VOLUME),
}, { hostUsers: BOOLEAN, initContainers: list(object({ ...CONTAINER, command: list(STRING) })) });
const CLAIM = object({
  metadata: object({ name: NAME }), spec: object({ accessModes: list(STRING), resources: object({ requests: object({ storage: QUANTITY }) }) }),
});

export const MANIFESTS: Readonly<Record<string, Schema>> = {
  NetworkPolicy: NETWORK_POLICY,
  Namespace: object({ apiVersion: is('v1'), kind: is('Namespace'), metadata }),
  ConfigMap: object({ apiVersion: is('v1'), kind: is('ConfigMap'), metadata, data: { type: 'object', additionalProperties: STRING } }),
  ServiceAccount: object({ apiVersion: is('v1'), kind: is('ServiceAccount'), metadata, automountServiceAccountToken: is(false) }),
  Service: object({
    apiVersion: is('v1'), kind: is('Service'), metadata,
    spec: object({
      clusterIP: is('None'), publishNotReadyAddresses: BOOLEAN, selector: LABELS,
      ports: list(object({ name: NAME, port: PORT, targetPort: STRING })),
    }),
  }),
  StatefulSet: object({
    apiVersion: is('apps/v1'), kind: is('StatefulSet'), metadata,
    spec: object({
      serviceName: NAME, replicas: ID, selector: SELECTOR, template: object({ metadata: object({ labels: LABELS }), spec: POD }),
      volumeClaimTemplates: list(CLAIM),
    }),
  }),
};
