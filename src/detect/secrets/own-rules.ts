/* What gitleaks has no rule for, or one that looks too far or at names of files only: in the form of its rules, under its ids where it has one. */
/** What examples say instead of a password. */
const EXAMPLE = [{
  target: 'secret', regexes: ['[Pp]ass(?:wo?r?d)?|PASS|[Ss]ecret|[Tt]oken|[Yy]our|YOUR|[Cc]hange|[Ee]xample|xxx|\\*\\*\\*|^\\.+$|^pw\\d*$'], stopwords: [],
}];

/** A Kubernetes secret, before or after its data, and the first entry of these. */
const IS_SECRET = '[kK][iI][nN][dD]:[ \\t]{0,8}["\']?[sS]ecret\\b';
const ENTRY = '[ \\t]{0,8}\\r?\\n[ \\t]{1,32}[\\w.-]{1,80}:[ \\t]{0,8}(?:[|>][-+]?\\r?\\n[ \\t]{1,32})?["\']?([A-Za-z0-9+/]{10,2000}={0,3})(?=["\'\\s]|$)';
/** What is filled in later, and what only stands in the next document of a file. */
const PLACEHOLDER = [
  { target: 'secret', regexes: ['^[A-Z_]+$|^[a-z_]+$|REPLACE|EXAMPLE'], stopwords: [] }, { target: 'match', regexes: ['\\n---\\r?\\n'], stopwords: [] },
];

export const OWN_RULES = [
  {
    id: 'private-key', anchor: 'begins', keywords: ['-----begin'], entropy: 0, length: 9_000, allow: [],
    pattern: '-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----[\\s\\S]{0,120}?[A-Za-z0-9+/]{40}[A-Za-z0-9+/=\\s\\\\"\',]{0,8000}',
  },
  {
    id: 'curl-auth-header', anchor: 'begins', keywords: ['authorization'], entropy: 2.75, length: 600, allow: EXAMPLE,
    pattern: '[Aa]uthorization["\']?[ \\t]{0,3}[:=][ \\t]{0,3}["\']?(?:[Bb]asic|[Bb]earer|[Tt]oken)[ \\t]{1,3}([\\w=~@.+/-]{12,500})',
  },
  {
    id: 'quoted-password', anchor: 'begins', keywords: ['password', 'passwd', 'pwd', 'passphrase'], entropy: 2.9, length: 120, allow: EXAMPLE,
    pattern: '(?:[Pp]ass(?:wor)?d|PASSWORD|[Pp]wd|PWD|[Pp]assphrase)["\']?[ \\t]{0,3}(?:=>|:=|=|:)[ \\t]{0,3}["\']([^\\s"\'<>{}$()]{8,64})["\']',
  },
  {
    id: 'password-in-url', anchor: 'near', keywords: ['://'], entropy: 2, length: 200, allow: EXAMPLE,
    pattern: '\\b[a-z][a-z0-9+.-]{1,20}://[^\\s:/?#@"\'<>]{0,64}:([^\\s:/?#@"\'<>{}$*[\\]]{4,128})@[\\w.-]{1,253}',
  },
  {
    id: 'curl-auth-user', anchor: 'begins', keywords: ['-u '], entropy: 2.5, length: 210, allow: EXAMPLE,
    pattern: '-u[ \\t]{1,3}["\']?[\\w.@-]{1,64}:([^\\s"\'$<>{}:/]{8,128})',
  },
  {
    // The beginning of every PKCS #12 file (RFC 7292, section 4), in base64: version 3, then the content type `data`.
    id: 'pkcs12-file', anchor: 'begins', keywords: ['mii', 'mij', 'mik', 'mil'], entropy: 2, length: 60, allow: [],
    pattern: 'MI[I-L][A-Za-z0-9+/]{2}[AQgw]IBAzCC[A-Za-z0-9+/]{3}[GWm2]CSqGSIb3DQEHA[A-Za-z0-9+/]{8}',
  },
  {
    id: 'kubernetes-secret-yaml', anchor: 'begins', keywords: ['kind:'], entropy: 0, length: 2_500, allow: PLACEHOLDER,
    pattern: `${IS_SECRET}[\\s\\S]{0,200}?\\bdata:${ENTRY}`,
  },
  {
    id: 'kubernetes-secret-yaml', anchor: 'begins', keywords: ['data:'], entropy: 0, length: 2_500, allow: PLACEHOLDER,
    pattern: `[dD][aA][tT][aA]:${ENTRY}[\\s\\S]{0,200}?\\b${IS_SECRET}`,
  },
  {
    id: 'password-on-command-line', anchor: 'begins', keywords: ['--user', '--password'], entropy: 2.5, length: 200, allow: EXAMPLE,
    pattern: '--(?:user[ =]["\']?[\\w.@-]{1,64}:|password[ =]["\']?)([^\\s"\'$<>{}:]{8,128})',
  },
] as const;
