import { SallyportError } from '../../domain/errors.ts';
import type { By, Control } from '../control.ts';
import { tellAll } from '../notify/notify.ts';
import { needStored } from '../stored.ts';
import type { Result, StoredContainment } from './schema.ts';

/** What people read of it: who it is about, and what somebody said. Never what a call, a server or a vendor said. */
function wordsOf(control: Control, { space }: By, { verb, scope: { target, name }, incident, reason, message }: StoredContainment): string {
  const about = target === 'principal' ? control.retention.pseudonyms.of(name) : name;
  return [
    message ?? reason, '', `About: ${`${target} ${about}`.trim()}, space ${space}`, ...(incident === undefined ? [] : [`Incident: ${incident}`]),
    ...(verb === 'page' ? [`See: sallyport incident ${incident === undefined ? 'list' : `show ${incident}`}`] : []), '',
  ].join('\n');
}

/** Tells the people on call, by mail and by every webhook for incidents. Throws `ERR_MAIL_UNSET` when nobody could be told, `ERR_MAIL_REFUSED`. */
export async function page(control: Control, by: By, containment: StoredContainment): Promise<Result> {
  const { incident } = containment;
  const text = wordsOf(control, by, containment);
  const { mail, webhooks } = await control.notify.reaches('incident');
  if (!mail && webhooks === 0) {
    throw new SallyportError('ERR_MAIL_UNSET', 'there is nobody to page', { remedy: 'Name a relay or a webhook under notify: of sallyport.yaml.' });
  }
  await tellAll(control.notify, { topic: 'incident', what: 'incident.page', id: incident ?? Bun.randomUUIDv7(), text },
    { subject: `Sallyport: ${incident === undefined ? 'somebody is needed' : `incident ${incident}`}`, text });
  return { mail, webhooks };
}

/** Tells a vendor's incident contacts by mail; where one is a page, a person goes there. Throws `ERR_NOT_FOUND` without a contact, `ERR_MAIL_*`. */
export async function tellVendor(control: Control, by: By, containment: StoredContainment): Promise<Result> {
  const { name } = containment.scope;
  const { body } = await needStored(control.store, 'vendor', by.space, name);
  const contacts = body.contacts?.incident ?? [];
  const to = contacts.filter((contact) => /^[^@\s/:]+@[^@\s/:]+$/.test(contact));
  const pages = contacts.filter((contact) => !to.includes(contact));
  if (contacts.length === 0) {
    throw new SallyportError('ERR_NOT_FOUND', `nobody knows whom to tell at vendor ${name}`, {
      remedy: 'Name contacts.incident of the vendor in sallyport.yaml.',
    });
  }
  if (to.length > 0) {
    await control.notify.mail({ to, subject: `Security incident concerning your service ${body.name}`, text: wordsOf(control, by, containment) });
  }
  return { mailed: to.length, ...(pages.length === 0 ? {} : { tellThere: pages.join(' ') }) };
}
