import type { KeyObject } from 'node:crypto';
import type { ErrorCode } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Role } from '../domain/role.ts';
import type { Credentials } from './machines/credentials.ts';
import type { Machine } from './machines/machine.ts';

/** Who asks: the role that the peer proved. One object a connection, so that a handler can keep what it knows of it. */
export interface Caller {
  readonly role: Role;
  /** Which node of that role, where its certificate says so: on another machine. */
  readonly node?: string;
}

export type Handler =
  | { readonly call: (body: Json, caller: Caller) => Json | Promise<Json> }
  | { readonly text: (body: string, caller: Caller) => Json | Promise<Json> }
  /** Must stop when `signal` aborts: the caller cancelled, or went away. */
  | { readonly stream: (body: Json, caller: Caller, signal: AbortSignal) => AsyncIterable<Json> };

/** Something was refused on the link: a peer that could not prove its role, or a verb that is not the caller's to use. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly role?: Role;
  readonly node?: string;
  readonly verb?: string;
  /** Where on the network it came from. */
  readonly address?: string;
}

/** What a session needs of its server. */
export interface SessionContext {
  readonly home: string;
  readonly self: Role;
  /** Whose socket it came in by: nobody else is heard there, whatever they can prove. */
  readonly expected: Role;
  readonly key: KeyObject;
  readonly handlers: Readonly<Record<string, Handler>>;
  readonly onRefused?: (refusal: Refusal) => void;
  /** On a connection from another machine: who its certificate says is there. */
  readonly machine?: { readonly credentials: Credentials; readonly peer: Machine; readonly address: string };
}
