import type { Severity } from '../../domain/finding.ts';

/** The sixteen probes, each a file of `probes/`; what each is about. */
export const PROBES = {
  P01: 'Transport security', P02: 'What strangers get', P03: 'Protected resource metadata (RFC 9728)', P04: 'Authorization server metadata',
  P05: 'Protocol revisions', P06: 'Foreign Origin and Host', P07: 'Headers that disagree with the body', P08: 'Session ids',
  P09: 'Tokens that are not for it', P10: 'What errors give away', P11: 'Limits', P12: 'Definitions of tools', P13: 'Honesty of annotations',
  P14: 'Published practice', P15: 'Redirects', P16: 'What its authorization server fetches',
} as const;
export type ProbeId = keyof typeof PROBES;

/** One thing that a probe looks at: what must be so, and how grave it is where it is not. */
export interface Check {
  readonly probe: ProbeId;
  readonly severity: Severity;
  /** What holds of an endpoint that passes. */
  readonly passes: string;
}

/** Everything that is ever looked at, by the id that reports, scores and findings name it by: closed. */
export const CHECKS = {
  https: { probe: 'P01', severity: 'critical', passes: 'its address is https' },
  plaintext: { probe: 'P01', severity: 'high', passes: 'it does not serve MCP without TLS; HTTP leads to HTTPS or is not there' },
  'tls-version': { probe: 'P01', severity: 'high', passes: 'TLS 1.2 or later, nothing older' },
  'tls-current': { probe: 'P01', severity: 'low', passes: 'TLS 1.3' },
  certificate: { probe: 'P01', severity: 'critical', passes: 'the chain leads to a trusted root and is of this name' },
  'certificate-expiry': { probe: 'P01', severity: 'medium', passes: 'the certificate is good for more than 21 days' },
  hsts: { probe: 'P01', severity: 'low', passes: 'answers carry Strict-Transport-Security' },

  'stranger-tools': { probe: 'P02', severity: 'high', passes: 'it lists no tools to whom it does not know' },
  'stranger-hello': { probe: 'P02', severity: 'low', passes: 'it says nothing of itself to whom it does not know' },
  'stranger-call': { probe: 'P02', severity: 'high', passes: 'it refuses a call of whom it does not know before it looks for the tool' },

  challenge: { probe: 'P03', severity: 'medium', passes: 'a refusal says where the metadata of the resource is' },
  'resource-metadata': { probe: 'P03', severity: 'medium', passes: 'the metadata of the resource is there, by the challenge and by its well-known path' },
  'resource-identity': { probe: 'P03', severity: 'high', passes: 'the metadata is of this very resource' },
  'authorization-servers': { probe: 'P03', severity: 'medium', passes: 'the metadata names authorization servers by https' },

  'issuer-metadata': { probe: 'P04', severity: 'medium', passes: 'the authorization server publishes its metadata' },
  'issuer-identity': { probe: 'P04', severity: 'high', passes: 'the metadata is of the issuer that was asked' },
  'pkce-s256': { probe: 'P04', severity: 'high', passes: 'PKCE with S256 is announced' },
  'pkce-plain': { probe: 'P04', severity: 'medium', passes: 'PKCE "plain" is not offered' },
  'issuer-https': { probe: 'P04', severity: 'high', passes: 'every endpoint of it is https' },
  'client-metadata': { probe: 'P04', severity: 'low', passes: 'clients may be identified by their metadata documents' },
  'open-registration': { probe: 'P04', severity: 'low', passes: 'dynamic registration is offered at most beside metadata documents' },
  'issuer-in-answer': { probe: 'P04', severity: 'medium', passes: 'answers name their issuer (RFC 9207)' },
  'bound-tokens': { probe: 'P04', severity: 'info', passes: 'tokens may be bound to keys (DPoP)' },
  scopes: { probe: 'P04', severity: 'info', passes: 'scopes are listed' },

  'current-revision': { probe: 'P05', severity: 'medium', passes: 'it speaks the current revision of the protocol' },
  'version-error': { probe: 'P05', severity: 'low', passes: 'a revision that it has not is refused with those that it has' },
  'old-revision': { probe: 'P05', severity: 'low', passes: 'it agrees to no revision that is no longer known' },
  'http-sse': { probe: 'P05', severity: 'low', passes: 'the transport of 2024-11-05 is off' },

  'foreign-origin': { probe: 'P06', severity: 'high', passes: 'a page of another origin is refused' },
  cors: { probe: 'P06', severity: 'high', passes: 'no foreign page may read answers with the credentials of a browser' },
  'foreign-host': { probe: 'P06', severity: 'medium', passes: 'another Host is refused' },

  'header-mismatch': { probe: 'P07', severity: 'medium', passes: 'a header that disagrees with the body is refused' },
  'header-missing': { probe: 'P07', severity: 'low', passes: 'a request without its headers is refused' },

  'session-length': { probe: 'P08', severity: 'high', passes: 'session ids have at least 128 bits' },
  'session-distinct': { probe: 'P08', severity: 'critical', passes: 'no session id comes twice' },
  'session-random': { probe: 'P08', severity: 'high', passes: 'session ids do not follow from each other' },
  'session-authority': { probe: 'P08', severity: 'critical', passes: 'a session id alone opens nothing' },
  'session-bound': { probe: 'P08', severity: 'high', passes: 'a session is refused under another credential' },

  'token-nonsense': { probe: 'P09', severity: 'critical', passes: 'a token that nobody issued is refused' },
  'token-unsigned': { probe: 'P09', severity: 'critical', passes: 'a token without a signature is refused' },
  'token-forged': { probe: 'P09', severity: 'critical', passes: 'a token of a key that nobody knows is refused' },
  'token-audience': { probe: 'P09', severity: 'high', passes: 'a token for another resource is refused' },
  'token-expired': { probe: 'P09', severity: 'high', passes: 'a token that has expired is refused' },
  'token-query': { probe: 'P09', severity: 'medium', passes: 'a token in the query is refused' },

  'stack-trace': { probe: 'P10', severity: 'medium', passes: 'no stack trace' },
  'file-path': { probe: 'P10', severity: 'low', passes: 'no path of its files' },
  'version-banner': { probe: 'P10', severity: 'low', passes: 'no version of its software' },
  'sql-error': { probe: 'P10', severity: 'medium', passes: 'no error of its database' },
  'key-name': { probe: 'P10', severity: 'medium', passes: 'no names of its keys and secrets' },

  'rate-limit': { probe: 'P11', severity: 'medium', passes: 'it says or shows that it limits how often it is asked' },
  'body-size': { probe: 'P11', severity: 'medium', passes: 'a body of several megabytes is refused' },
  'deep-json': { probe: 'P11', severity: 'medium', passes: 'deep JSON is refused, and breaks nothing' },
  batch: { probe: 'P11', severity: 'low', passes: 'a batch is refused' },
  'slow-body': { probe: 'P11', severity: 'low', passes: 'a body that does not come is not waited for' },

  'tool-order': { probe: 'P12', severity: 'low', passes: 'the list comes in one order' },
  'tool-text': { probe: 'P12', severity: 'high', passes: 'no definition hides text or gives orders to agents' },
  'tool-schema': { probe: 'P12', severity: 'low', passes: 'every schema is closed and says the type of each property' },
  'tool-pages': { probe: 'P12', severity: 'low', passes: 'the list ends, and no tool comes twice' },
  'tool-cache': { probe: 'P12', severity: 'medium', passes: 'what depends on who asks may not be cached for others' },

  'read-only-hint': { probe: 'P13', severity: 'high', passes: 'no tool that changes something says that it only reads' },
  'destructive-hint': { probe: 'P13', severity: 'medium', passes: 'no tool that destroys says that it does not' },

  'security-txt': { probe: 'P14', severity: 'low', passes: 'security.txt says whom to tell of a flaw, and has not expired' },
  'disclosure-policy': { probe: 'P14', severity: 'info', passes: 'security.txt names a policy' },
  caa: { probe: 'P14', severity: 'info', passes: 'DNS says who may issue certificates (CAA)' },

  redirect: { probe: 'P15', severity: 'high', passes: 'nothing leads to another origin' },

  'private-fetch': { probe: 'P16', severity: 'high', passes: 'the authorization server fetches nothing from a private address that a client names' },
} as const satisfies Readonly<Record<string, Check>>;
export type CheckId = keyof typeof CHECKS;
