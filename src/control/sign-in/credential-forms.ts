import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { hashPassword } from '../accounts/password.ts';
import type { Account } from '../accounts/schema.ts';
import type { Form } from './form.ts';
import { html } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { formToken } from './page.ts';

interface Place {
  readonly action: string;
  readonly token: string;
}

/** A form that makes a passkey, under a name by which its owner will know it. */
export function passkeyForm({ action, token }: Place, options: JsonObject): Html {
  return html`<form method="post" action="${action}" data-passkey="create" data-options="${JSON.stringify(options)}" hidden>
${formToken(token)}<input type="hidden" name="answer">
<label for="label">Name of the passkey</label><input type="text" id="label" name="label" placeholder="This laptop" maxlength="60" autocomplete="off">
<button type="submit">Create a passkey</button><p class="soft" role="status" aria-live="polite"></p></form>`;
}

export function passwordForm({ action, token }: Place, userName: string, submit: string): Html {
  return html`<form method="post" action="${action}">${formToken(token)}
<input type="text" name="username" value="${userName}" autocomplete="username" hidden>
<label for="password">New password</label>
<input type="password" id="password" name="password" autocomplete="new-password" minlength="12" maxlength="256" aria-describedby="rule" required>
<p class="soft" id="rule">12 characters or more; several words are easy to remember and hard to guess.</p>
<label for="again">The same again</label><input type="password" id="again" name="again" autocomplete="new-password" maxlength="256" required>
<button type="submit" class="plain">${submit}</button></form>`;
}

export function problemNote(problem: string | undefined): Html | undefined {
  return problem === undefined ? undefined : html`<div class="note bad" role="alert"><strong>Not yet</strong><p>${problem}</p></div>`;
}

/** The new password's hash, or in words what is wrong with it. */
export async function readPassword(form: Form, { userName }: Account): Promise<{ readonly hash: string } | { readonly problem: string }> {
  if (form.text('password') !== form.text('again')) return { problem: 'The two passwords are not the same.' };
  try {
    return { hash: await hashPassword(form.text('password'), [userName, ...userName.split('@').slice(0, 1)]) };
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_PASSWORD_WEAK') return { problem: `${error.message}. ${error.remedy ?? ''}` };
    throw error;
  }
}

/** What a browser's script put into a form. */
export function readAnswer(form: Form): unknown {
  try {
    return JSON.parse(form.text('answer')) as unknown;
  } catch {
    return undefined;
  }
}

/** A passkey's name is shown to its owner alone; empty is as good as any. */
export function readLabel(form: Form): string {
  const label = form.text('label').replaceAll(/[\p{Cc}\p{Cf}]/gu, '').trim().slice(0, 60);
  return label === '' ? 'Passkey' : label;
}
