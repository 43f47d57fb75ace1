import { caOf } from '../../src/cli/connect.ts';
import { part, text } from '../../src/cli/json-view.ts';
import type { Json } from '../../src/domain/json.ts';
import { signedIn, type Newcomer, type Role } from './harness.ts';
import { installation } from './installation.ts';

export interface Answered {
  readonly status: number;
  /** Of a refusal; empty otherwise. */
  readonly code: string;
  readonly body: Json;
}

export interface Asking {
  readonly body?: Json;
  /** Instead of what a page of ours sends; an empty one is left out. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The API as somebody's browser asks it, by requests of one's own: with the cookies of their session, and with what pages of ours send. */
export interface Direct {
  readonly origin: string;
  readonly cookie: string;
  readonly csrf: string;
  readonly ask: (method: string, path: string, asking?: Asking) => Promise<Answered>;
}

/** `nobody`: without any cookie. */
export async function direct(who: Role | Newcomer | 'nobody'): Promise<Direct> {
  const { control: origin, home } = await installation();
  const tls = { ca: caOf(home) ?? '' };
  const cookies = who === 'nobody' ? [] : (await signedIn(who)).cookies;
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const told: Json = JSON.parse(await (await fetch(`${origin}/sign-in/console/session`, { tls, headers: { cookie } })).text());
  const csrf = text(part(told, 'csrf'));
  return {
    origin, cookie, csrf,
    ask: async (method, path, { body, headers = {} } = {}) => {
      const typed = body === undefined ? {} : { 'content-type': 'application/json' };
      const own = { cookie, origin, 'x-sallyport-csrf': csrf, 'sec-fetch-site': 'same-origin', ...typed };
      const sent = Object.entries({ ...own, ...headers }).filter(([, value]) => value !== '');
      const response = await fetch(`${origin}/api/v1${path}`, {
        method, tls, redirect: 'manual', headers: Object.fromEntries(sent), ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return read(response.status, await response.text());
    },
  };
}

function read(status: number, said: string): Answered {
  try {
    const body: Json = JSON.parse(said);
    return { status, body, code: status < 400 ? '' : text(part(body, 'code')) };
  } catch {
    return { status, body: said, code: '' };
  }
}
