import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { NotifyShape } from '../../registry/notify-shape.ts';
import type { Control } from '../control.ts';
import { sendMail } from './mail.ts';
import type { Letter } from './mail.ts';
import { readNotify } from './settings.ts';
import { postSigned } from './signed-post.ts';
import type { PostParts } from './signed-post.ts';

type Topic = NonNullable<NonNullable<NotifyShape['webhooks']>[string]['topics']>[number];

/** Something that people should hear of. Ids, names and counts only: never what a call, a server or a vendor said. */
export interface News {
  readonly topic: Topic;
  /** What happened, as `noun.verb`; the webhook's type is `sallyport.<what>`. */
  readonly what: string;
  /** Of this piece of news: a receiver that gets it twice can tell. */
  readonly id: string;
  readonly text: string;
  readonly data?: JsonObject;
}

/** How control tells people something. */
export interface Notify {
  /** Throws `ERR_MAIL_UNSET`, `ERR_MAIL_REFUSED`. */
  mail(letter: Letter): Promise<void>;
  /** To every webhook of the topic, tried three times each; gives the names of those that took it. Never rejects. */
  tell(news: News): Promise<readonly string[]>;
  /** Whether there is anywhere to send that. */
  reaches(topic: Topic): Promise<{ readonly mail: boolean; readonly webhooks: number }>;
}

const TRIES_MS = [0, 1_000, 5_000];

export function createNotify(parts: PostParts & Pick<Control, 'report'>): Notify {
  const hooksOf = async (topic: Topic): Promise<readonly (readonly [string, NonNullable<NotifyShape['webhooks']>[string]])[]> => {
    const { webhooks = {} } = await readNotify(parts.store);
    return Object.entries(webhooks).filter(([, { topics }]) => topics === undefined || topics.includes(topic));
  };
  return {
    mail: (letter) => sendMail(parts, letter),
    tell: async (news) => {
      const hooks = await hooksOf(news.topic).catch(() => []);
      const told = await Promise.all(hooks.map(async ([name, hook]) => {
        let problem: string | undefined;
        for (const waitMs of TRIES_MS) {
          if (waitMs > 0) await Bun.sleep(waitMs);
          problem = await postSigned(parts, hook, `${news.id}.${news.what}`, (at) => bodyOf(news, at));
          if (problem === undefined) return [name];
        }
        parts.report(`the webhook ${name} was not told of ${news.what} ${news.id}: ${problem ?? ''}`);
        return [];
      }));
      return told.flat();
    },
    reaches: async (topic) => {
      const { mail } = await readNotify(parts.store);
      return { mail: mail !== undefined, webhooks: (await hooksOf(topic)).length };
    },
  };
}

function bodyOf({ what, id, text, data = {} }: News, at: number): JsonObject {
  return { type: `sallyport.${what}`, timestamp: new Date(at).toISOString(), data: { id, text, ...data } };
}

/** The same to webhooks and by mail; a relay that is not set is no fault. Throws what went wrong with the mail, after the webhooks were told. */
export async function tellAll(notify: Notify, news: News, letter: Letter): Promise<void> {
  const [mailed] = await Promise.allSettled([notify.mail(letter), notify.tell(news)]);
  if (mailed.status === 'fulfilled') return;
  const fault: unknown = mailed.reason;
  if (!(fault instanceof SallyportError && fault.code === 'ERR_MAIL_UNSET')) throw fault;
}
