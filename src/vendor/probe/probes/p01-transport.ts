import { LIMITS } from '../../../domain/limits.ts';
import { shakeHands } from '../handshake.ts';
import type { Handshake } from '../handshake.ts';
import type { Observed } from '../result.ts';
import { allOf, factText, judged, observed } from '../scene.ts';
import type { Probe, Scene } from '../scene.ts';
import { createSpeaker } from '../speak.ts';
import { isSilent } from '../wire.ts';

const DAY_MS = 86_400_000;
const OF_TLS = ['tls-version', 'tls-current', 'certificate', 'certificate-expiry', 'hsts', 'plaintext'] as const;

/** P01: TLS and its certificate, what is served without TLS, and whether browsers are told to stay with it. */
export const probe: Probe = async (scene) => {
  const { url, wire, now } = scene;
  if (new URL(url).protocol !== 'https:') {
    const plain = observed('https', 'fail', 'its address is http: everything that is said, tokens too, can be read on the way');
    return { checks: [plain, ...allOf(OF_TLS, 'not-applicable', 'it has no TLS at all')], facts: { tls: 'none' } };
  }
  const https = observed('https', 'pass', 'https');
  const shaken = await wire.handshake(url);
  if (typeof shaken === 'string') {
    return { checks: [https, ...allOf(OF_TLS, 'unknown', shaken)] };
  }
  const { certificate, version, distrust } = shaken;
  const days = Math.floor((certificate.expiresAt - now) / DAY_MS);
  return {
    checks: [
      https, await oldVersions(scene, shaken), judged('tls-current', version === 'TLSv1.3', version, `at best ${version}`),
      judged('certificate', distrust === undefined, `issued by ${certificate.issuer}`, `not trusted: ${distrust ?? ''}`),
      judged('certificate-expiry', certificate.expiresAt - now > LIMITS.vendorCertificateMs, `good for ${days} days`, `good for ${days} days`),
      await strictTransport(scene), await withoutTls(scene),
    ],
    facts: {
      tls: factText(version),
      certificate: {
        sha256: certificate.sha256, subject: factText(certificate.subject), issuer: factText(certificate.issuer), expiresAt: certificate.expiresAt,
        isTrusted: distrust === undefined,
      },
    },
  };
};

async function oldVersions({ wire, url }: Scene, { version }: Handshake): Promise<Observed> {
  const place = await wire.place(url);
  if (typeof place === 'string') return observed('tls-version', 'unknown', place);
  const old = await shakeHands(place, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
  return judged('tls-version', typeof old === 'string', `${version}; nothing before TLS 1.2`, typeof old === 'string' ? '' : `it agrees to ${old.version}`);
}

async function strictTransport(scene: Scene): Promise<Observed> {
  const { answer } = (await scene.strangers()).discover;
  if (isSilent(answer)) return observed('hsts', 'unknown', answer.silence);
  const header = answer.headers.get('strict-transport-security') ?? '';
  const age = Number(/max-age\s*=\s*"?(\d{1,12})/i.exec(header)?.[1] ?? '0');
  return judged('hsts', age > 0, `for ${Math.floor((age * 1000) / DAY_MS)} days`, 'answers do not say so');
}

/** The same host on the usual port without TLS, where the endpoint is on the usual one with it; and whatever else of that host the permission names. */
async function withoutTls({ url, permission, wire }: Scene): Promise<Observed> {
  const { hostname, port, pathname } = new URL(url);
  const usual = port === '' ? [`http://${hostname}`] : [];
  const named = permission.origins.map((one) => new URL(one)).filter((one) => one.protocol === 'http:' && one.hostname === hostname);
  const origins = [...new Set([...usual, ...named.map(({ origin }) => origin)])];
  for (const origin of origins) {
    const { answer, result, error, isRefused } = await createSpeaker(wire, `${origin}${pathname}`).modern('server/discover', {});
    if (isSilent(answer)) {
      if (answer.why === 'unsent') return observed('plaintext', 'unknown', answer.silence);
      continue;
    }
    const isServed = result !== undefined || error !== undefined || (isRefused && answer.headers.get('www-authenticate') !== null);
    if (isServed) return observed('plaintext', 'fail', `${origin} answers MCP without TLS (${answer.status})`);
  }
  if (origins.length === 0) return observed('plaintext', 'unknown', 'no address without TLS is known for this port');
  return observed('plaintext', 'pass', `not at ${origins.join(', ')}`);
}
