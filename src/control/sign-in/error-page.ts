import { SallyportError } from '../../domain/errors.ts';
import type { Control } from '../control.ts';
import { refuse } from '../refuse.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { refuseEntry } from './enter.ts';
import { html } from '../../domain/markup.ts';
import { page } from './page.ts';

/** A page whose errors are pages too: people see words and what to do, not JSON. What is not ours goes to the door, which reports it. */
export function pageRoute(method: 'GET' | 'POST', path: string, run: (web: WebRequest, control: Control) => Promise<Response>): WebRoute {
  return {
    method, path,
    run: async (web, control) => {
      try {
        return await run(web, control);
      } catch (error) {
        if (!(error instanceof SallyportError) || error.code === 'ERR_INTERNAL') throw error;
        if (error.code === 'ERR_FORM_FORGED') await refuseEntry(web, control, error.code, 'form');
        return errorPage(web, error);
      }
    },
  };
}

function errorPage(web: WebRequest, error: SallyportError): Response {
  const { status } = refuse(error, () => undefined);
  return page(web, {
    title: 'Not possible', status, body: html`<h1>That did not work</h1>
<div class="note bad" role="alert"><strong>${sentence(error.message)}</strong>
${error.remedy === undefined ? undefined : html`<p>${sentence(error.remedy)}</p>`}</div>
<p class="soft">Code <code>${error.code}</code></p><a class="button plain" href="/sign-in/account">To your account</a>`,
  });
}

function sentence(text: string): string {
  const whole = text.endsWith('.') ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
