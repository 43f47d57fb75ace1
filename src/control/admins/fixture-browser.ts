import { text } from '../../cli/json-view.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';

export const PASSWORD = 'seven violet herons argue';

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

/** The browser of one who administers, as far as cookies and forms go. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #origin: string;
  readonly #name: string;

  /** `name`: of a local account whose password is `PASSWORD`. */
  constructor(origin: string, name: string) {
    this.#origin = origin;
    this.#name = name;
  }

  async visit(path: string, form?: Readonly<Record<string, string>>): Promise<{ readonly text: string; readonly setCookies: readonly string[] }> {
    const response = await fetch(this.#origin + path, {
      method: form === undefined ? 'GET' : 'POST', redirect: 'manual',
      headers: { cookie: this.cookie, ...(form === undefined ? {} : { origin: this.#origin, 'content-type': 'application/x-www-form-urlencoded' }) },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    const setCookies = response.headers.getSetCookie();
    for (const line of setCookies) {
      const [pair = ''] = line.split(';');
      this.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return { text: await response.text(), setCookies };
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async formOf(path: string): Promise<string> {
    return /name="form" value="([^"]+)"/.exec((await this.visit(path)).text)?.[1] ?? '';
  }

  async signIn(): Promise<readonly string[]> {
    await this.visit('/sign-in/password', { form: await this.formOf('/sign-in?to=/sign-in/console'), name: this.#name, password: PASSWORD, to: '/sign-in/console' });
    return (await this.visit('/sign-in/console', { form: await this.formOf('/sign-in/console') })).setCookies;
  }

  async api(method: string, path: string, more: Readonly<Record<string, string>> = {}, body?: JsonObject): Promise<Answer> {
    const response = await fetch(`${this.#origin}/api/v1${path}`, {
      method, headers: { cookie: this.cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: Json = JSON.parse(await response.text());
    return { status: response.status, body: isObject(answer) ? answer : {} };
  }

  async csrf(): Promise<string> {
    const answer: Json = JSON.parse((await this.visit('/sign-in/console/session')).text);
    return isObject(answer) ? text(answer['csrf']) : '';
  }
}
