import type { z } from 'zod';
import type { SIGN_IN } from '../../registry/sign-in-shape.ts';
import type { Rows } from '../../store/store.ts';
import { readNetwork } from '../manifest/settings.ts';

type SignIn = z.infer<typeof SIGN_IN>;
export type Sso = NonNullable<SignIn['sso']>;

/** How people may sign in, as the manifest says it under `control`: without a provider, by local accounts alone. */
export async function readSignIn(rows: Rows): Promise<SignIn> {
  return (await readNetwork(rows)).control?.signIn ?? {};
}
