import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core';

const VIOLATION = 'content security policy:';

/** Remembers whatever a page of ours must never do, from now on, in every page of the context. */
export async function noteFaults(context: BrowserContext, origin: string, allows: readonly RegExp[]): Promise<readonly string[]> {
  const faults: string[] = [];
  const note = (fault: string): void => {
    if (!allows.some((allowed) => allowed.test(fault))) faults.push(fault);
  };
  await context.addInitScript(`addEventListener('securitypolicyviolation', (event) => {
    console.error('${VIOLATION} ' + event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample);
  })`);
  const watch = (page: Page): void => {
    page.on('console', (message: ConsoleMessage) => {
      if (message.type() === 'error') note(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => note(`uncaught: ${error.message}`));
    page.on('dialog', (dialog) => {
      note(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  };
  context.on('page', watch);
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'data:') note(`a request to ${url.href.slice(0, 200)}`);
  });
  return faults;
}
