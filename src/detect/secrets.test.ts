import { expect, test } from 'bun:test';
import { findingsOf, rulesOf } from '../../test/fixtures/looking.ts';
import { numbersFrom, sampleOf } from '../../test/fixtures/sampling.ts';
import { createSecrets } from './secrets.ts';
import { OWN_RULES } from './secrets/own-rules.ts';
import { secretsIn } from './secrets/rules.ts';
import data from './secrets/rules.json' with { type: 'json' };
import { UNINFORMED } from './surroundings.ts';

const secrets = createSecrets(UNINFORMED);
const ALL = [...data.rules, ...OWN_RULES];
/** What gitleaks has no rule for. */
const OURS = new Set(['quoted-password', 'password-in-url', 'password-on-command-line']);
const TRIES = 400;

test('all 222 rules of gitleaks are there, and each finds what its own pattern describes', () => {
  expect(new Set(ALL.map(({ id }) => id).filter((id) => !OURS.has(id))).size).toBe(222);
  const silent = ALL.filter(({ id, pattern, keywords: [keyword] }) => !Array.from({ length: TRIES }, (_, seed) => seed).some((seed) => {
    const said = secretsIn(`${keyword}\n${sampleOf(pattern, numbersFrom(seed))}\n`);
    return said?.some((match) => match.id === id) === true;
  }));
  expect(silent.map(({ id }) => id)).toEqual([]);
});

/** Made up, in two parts, so that no scanner of this repository takes them for real. */
const GITHUB = ['ghp', 'a8Fk29dLq0ZxW7vB3nTyR5mCu1HsE6jPoGiA'].join('_');
const AWS = ['AKIA', 'Y7Q2M5RT3WXN6VZP'].join('');

test('a token is found where it stands, in pieces of a line, and whatever hides it', () => {
  for (const text of [GITHUB, `key: ${GITHUB}.`, `{"t":"${GITHUB}"}`, `https://x.example/?t=${GITHUB}`]) {
    expect({ text, rules: rulesOf(secrets, { text }) }).toEqual({ text, rules: expect.arrayContaining(['token']) });
  }
  const base64 = Buffer.from(`my key is ${AWS} ok`).toString('base64');
  for (const text of [base64, Buffer.from(`my key is ${AWS} ok`).toString('hex'), `a\u200bb ${AWS.replace('AKIA', 'AK\u200bIA')}`,
    `<!-- ${AWS} -->`, AWS.replace(/./g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)]) {
    expect({ text, rules: rulesOf(secrets, { text }) }).toEqual({ text, rules: ['token'] });
  }
  expect(rulesOf(secrets, { a: AWS.slice(0, 9), b: AWS.slice(9) })).toEqual(['token']);
  const [finding] = findingsOf(secrets, { note: `see ${GITHUB}, please` });
  expect(finding).toMatchObject({ severity: 'high', spans: [{ at: '/params/arguments/note', start: 4, end: 4 + GITHUB.length }] });
  expect(finding?.labels).toEqual({ confidentiality: 'restricted', categories: ['secret'] });
  expect(JSON.stringify(finding)).not.toContain(GITHUB);
});

test('a value is a secret by the name that it is given, and by nothing less', () => {
  expect(rulesOf(secrets, { api_key: 'q8Zr2Lw9Xc4Vb7Nm1Kj5' })).toEqual(['assigned']);
  expect(rulesOf(secrets, { text: 'client_secret = "q8Zr2Lw9Xc4Vb7Nm1Kj5Hg3"' })).toEqual(['assigned']);
  expect(rulesOf(secrets, { text: 'curl -u deploy:kX9vq2Lr8Zw1 https://ci.example' })).toEqual(['token']);
  expect(rulesOf(secrets, { text: 'postgres://app:kX9vq2Lr8Zw1@db.example/app' })).toEqual(['token']);
  for (const text of ['api_key = "changeme-changeme"', 'password: "your-password-here"', 'token = "${GITHUB_TOKEN}"', 'docker run -u 1000:1000 x',
    'next_page_token: q8Zr2Lw9Xc4Vb7Nm1Kj5', 'The secret of a good soup is a key ingredient: time, and a token effort.',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08']) {
    expect({ text, rules: rulesOf(secrets, { text }) }).toEqual({ text, rules: [] });
  }
  expect(rulesOf(secrets, { next_page_token: 'q8Zr2Lw9Xc4Vb7Nm1Kj5', csrfToken: 'q8Zr2Lw9Xc4Vb7Nm1Kj5' })).toEqual([]);
});

test('keys in files: PEM, PKCS #12, Kubernetes', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj';
  const pem = ['-----BEGIN PRIVATE', ` KEY-----\n${body}\n-----END PRIVATE KEY-----`].join('');
  expect(rulesOf(secrets, { text: pem })).toEqual(['private-key']);
  expect(rulesOf(secrets, { text: pem.replaceAll('\n', '\\n') })).toEqual(['private-key']);
  expect(rulesOf(secrets, { text: 'MIIKvAIBAzCCCnYGCSqGSIb3DQEHAaCCCmcEggpjMIIKXzCCBWcGCSqGSIb3DQEH' })).toEqual(['token']);
  const yaml = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  password: a1g5dnEyTHI4WncxUXQ3\n';
  expect(rulesOf(secrets, { text: yaml })).toContain('token');
  expect(rulesOf(secrets, { text: 'data:\n  password: a1g5dnEyTHI4WncxUXQ3\nkind: Secret\n' })).toContain('token');
  expect(rulesOf(secrets, { text: yaml.replace('Secret', 'ConfigMap').replace('password', 'colours') })).toEqual([]);
  expect(rulesOf(secrets, { text: `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----` })).toEqual([]);
});
