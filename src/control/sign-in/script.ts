import { createHash } from 'node:crypto';

/**
 * The one script: it asks the browser for a passkey and puts the answer into the form. Options come with the page, so it
 * fetches nothing; where passkeys are not possible the form stays hidden.
 */
export const SCRIPT = `'use strict';
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const api = window.PublicKeyCredential;
  if (!api || !api.parseRequestOptionsFromJSON) continue;
  form.hidden = false;
  for (const other of document.querySelectorAll('[data-without]')) other.hidden = true;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const said = form.querySelector('[role=status]');
    said.textContent = '';
    try {
      const options = JSON.parse(form.dataset.options);
      const credential = form.dataset.passkey === 'create'
        ? await navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: api.parseRequestOptionsFromJSON(options) });
      form.elements.answer.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      said.textContent = error.name === 'InvalidStateError' ? 'This device has a passkey for this account already.'
        : 'No passkey was used. Try again, or go on in another way.';
    }
  });
}
`;

/** As a Content-Security-Policy source: exactly this script may run, and no other. */
export const SCRIPT_SOURCE = `'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`;
