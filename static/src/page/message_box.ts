/** Messages that haven't reached the server: kept on this computer, in order, under the key each was first sent with. */

import { told } from "./words";

const PREFIX = "navette:messages";

export interface Waiting {
  /** The request key: the same twice is one message. */
  key: string;
  action: string;
  /** Name of the audience, and of the place as page changes name it. */
  readers: string;
  place: string;
  fields: [string, string][];
  text: string;
  /** Why the server sent it back, in words. */
  refused?: string;
  /** The field that sends it all the same, once its author has said yes. */
  asks?: string;
}

export function waitingMessages(): Waiting[] {
  const stored = localStorage.getItem(ours());
  return stored === null ? [] : (JSON.parse(stored) as Waiting[]);
}

/** Throws when the browser keeps nothing: then the form leaves by itself. */
export function keepWaiting(message: Waiting): void {
  write([...waitingMessages(), message]);
}

export function changeWaiting(key: string, change: Partial<Waiting>): void {
  write(waitingMessages().map((one) => (one.key === key ? { ...one, ...change } : one)));
}

export function dropWaiting(key: string): void {
  write(waitingMessages().filter((one) => one.key !== key));
}

/** Whoever leaves a computer leaves no word on it. */
export function forgetWaiting(): void {
  localStorage.removeItem(ours());
}

export function isOurs(event: StorageEvent): boolean {
  return event.key === ours();
}

function write(messages: Waiting[]): void {
  if (messages.length) localStorage.setItem(ours(), JSON.stringify(messages));
  else localStorage.removeItem(ours());
}

/** Another person on the same computer never meets them. */
function ours(): string {
  return `${PREFIX}|${told("person") ?? ""}`;
}
