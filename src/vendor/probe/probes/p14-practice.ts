import { isIP } from 'node:net';
import type { Observed } from '../result.ts';
import { judged, observed } from '../scene.ts';
import type { Probe, Scene, Seen } from '../scene.ts';
import { isSilent } from '../wire.ts';

/** P14: what is published for those who find a flaw (RFC 9116), and who may issue certificates (RFC 8659). */
export const probe: Probe = async (scene) => {
  const { checks, ...rest } = await securityTxt(scene);
  return { checks: [...checks, await issuance(scene)], ...rest };
};

async function securityTxt({ wire, url, now }: Scene): Promise<Seen> {
  const answer = await wire.ask({ method: 'GET', url: `${new URL(url).origin}/.well-known/security.txt`, headers: { accept: 'text/plain' } });
  if (isSilent(answer)) return { checks: [observed('security-txt', 'unknown', answer.silence), observed('disclosure-policy', 'unknown', answer.silence)] };
  const fields = answer.status === 200 ? answer.text.slice(0, 32_768).split(/\r?\n/).map((line) => /^([A-Za-z-]{1,40}):[ \t]*(\S.{0,500})$/.exec(line)) : [];
  const valueOf = (name: string): string | undefined => fields.find((field) => field?.[1]?.toLowerCase() === name)?.[2];
  const [contact, expires, policy] = [valueOf('contact'), Date.parse(valueOf('expires') ?? ''), valueOf('policy')];
  const isGood = contact !== undefined && expires > now;
  const lacking = contact === undefined ? 'it names nobody to write to' : Number.isNaN(expires) ? 'it does not say until when it is good' : 'it has expired';
  return {
    checks: [
      judged('security-txt', isGood, 'there, with whom to write to', fields.length === 0 ? `there is none (${answer.status})` : lacking),
      judged('disclosure-policy', policy !== undefined, 'named', 'none is named'),
    ],
    facts: { securityTxt: isGood },
  };
}

/** The closest name with such records counts: they hold for everything below it. */
async function issuance({ url, knowledge }: Scene): Promise<Observed> {
  const name = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(name) !== 0 || !name.includes('.')) return observed('caa', 'not-applicable', 'it has no name in DNS');
  const labels = name.split('.');
  for (let at = 0; at < labels.length - 1; at += 1) {
    const parent = labels.slice(at).join('.');
    const count = await knowledge.caaOf(parent).catch(() => 0);
    if (count > 0) return observed('caa', 'pass', `${count} at ${parent}`);
  }
  return observed('caa', 'fail', 'any authority may issue certificates for it');
}
