import { SallyportError } from '../domain/errors.ts';

const API = '/api/v1';

/** The resource that a person signs in for at a control: its API. Throws `ERR_USAGE`. */
export function apiOf(control: string): string {
  const url = URL.canParse(control) ? new URL(control) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new SallyportError('ERR_USAGE', '--control is no address of a control', { remedy: 'Give its origin, for instance https://control.example:7444.' });
  }
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new SallyportError('ERR_USAGE', 'a control elsewhere is asked over https only', { remedy: 'Give its https address.' });
  }
  return `${url.origin}${API}`;
}

export function originOfApi(resource: string): string | undefined {
  return resource.endsWith(API) ? resource.slice(0, -API.length) : undefined;
}
