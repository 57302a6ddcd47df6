/** What the editor and the server say to each other about a draft. Updates travel as base64 text. */

import type { Socket } from "socket.io-client";

/** Of the nodes and marks in `schema.ts`; the server tells an older bundle to reload. */
export const SCHEMA_VERSION = 1;

export type Epoch = string | number;

export interface Place {
  part: string;
  side: string;
}

export interface Me {
  name: string;
  letter: string;
  party: string | null;
}

export interface Opened {
  draft: string;
  epoch: Epoch;
  schema: number;
  seq: number;
  update: string;
  clauses: Record<string, "open" | "locked">;
  me: Me;
}

export interface Update {
  seq: number;
  /** When several were merged: the sequence of the first of them. */
  first?: number;
  update: string;
}

export interface DraftUpdated extends Update {
  draft: string;
  epoch: Epoch;
}

export interface DraftCursor {
  draft: string;
  clause: string;
  peer: string;
  name: string;
  letter: string;
  party: string | null;
  selection: CursorSelection | null;
}

export interface CursorSelection {
  anchor: string;
  head: string;
}

export interface DraftClosed {
  draft: string;
  reason: string;
}

export interface Refusal {
  code: string;
  message: string;
}

export type Reply<T> = ({ ok: true } & T) | { ok: false; error: Refusal };

/** The acknowledgement, or null when none came in time: nothing is known then of what the server did. */
export async function ask<T>(
  socket: Socket,
  event: string,
  order: object,
  patienceMs = 5000,
): Promise<Reply<T> | null> {
  // A disconnected socket would keep the order for later: our own queue does that, in order and once.
  if (!socket.connected) return null;
  try {
    return (await socket.timeout(patienceMs).emitWithAck(event, order)) as Reply<T>;
  } catch {
    return null;
  }
}

/** Hears these events until what it returns is called. */
export function hear(socket: Socket, handlers: Record<string, (told: never) => void>): () => void {
  const all = Object.entries(handlers) as [string, (told: unknown) => void][];
  for (const [name, heard] of all) socket.on(name, heard);
  return () => {
    for (const [name, heard] of all) socket.off(name, heard);
  };
}

export function toText(bytes: Uint8Array): string {
  let binary = "";
  // In slices: a long update would be too many arguments for one call.
  for (let start = 0; start < bytes.length; start += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  }
  return btoa(binary);
}

export function toBytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
