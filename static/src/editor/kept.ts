/** What this computer keeps until the server has it: updates not yet acknowledged, and texts that were refused. */

import { uuidv4 } from "lib0/random";
import type { Epoch } from "./protocol";

const DATABASE = "navette";
const UPDATES = "updates";
const TEXTS = "texts";

/** One row an update, not one a draft: two tabs of one person must not write over each other. */
export interface KeptUpdate {
  /** The operation id that the server will know it by. */
  id: string;
  owner: string;
  draft: string;
  epoch: Epoch;
  update: Uint8Array;
  changes: number;
  at: number;
  /** Where it wrote; absent in rows of former days. */
  clauses?: readonly string[];
}

export interface KeptText {
  id: string;
  owner: string;
  clause: string;
  text: string;
  why: string;
  /** What the field of the clause's value held; else words of its text. */
  isValue?: boolean;
}

let opened: Promise<IDBDatabase | null> | null = null;
let working = true;
/** The same texts for a browser that keeps nothing: they last as long as the page. */
const unkept = new Map<string, KeptText>();

/** False once the browser has refused to keep anything: then nothing may be called kept. */
export function keeps(): boolean {
  return working;
}

export async function keepUpdates(rows: readonly KeptUpdate[], replaced: readonly string[] = []): Promise<void> {
  await write(UPDATES, (store) => {
    for (const row of rows) store.put(row);
    for (const id of replaced) store.delete(id);
  });
}

/** `carried`: rows that this page has in hand, in case the browser keeps nothing. */
export async function updatesOf(owner: string, carried: readonly KeptUpdate[] = []): Promise<KeptUpdate[]> {
  const stored = await read<KeptUpdate>(UPDATES, owner);
  const rows = [...stored, ...carried.filter(({ id }) => !stored.some((row) => row.id === id))];
  return rows.sort((one, other) => one.at - other.at);
}

/** Texts by clause, to be offered to their author; null = nobody can tell any more which clause. Returns their ids. */
export async function keepTexts(
  owner: string,
  texts: ReadonlyMap<string | null, string>,
  why: string,
  isValue = false,
): Promise<string[]> {
  const rows: KeptText[] = [...texts]
    .filter(([, text]) => text.trim())
    .map(([clause, text]) => ({ id: uuidv4(), owner, clause: clause ?? "", text, why, isValue }));
  for (const row of rows) unkept.set(row.id, row);
  await write(TEXTS, (store) => {
    for (const row of rows) store.put(row);
  });
  return rows.map(({ id }) => id);
}

export async function textsOf(owner: string): Promise<KeptText[]> {
  const stored = await read<KeptText>(TEXTS, owner);
  return stored.length || working ? stored : [...unkept.values()].filter((text) => text.owner === owner);
}

export async function dropText(id: string): Promise<void> {
  unkept.delete(id);
  await write(TEXTS, (store) => store.delete(id));
}

/** Where something of this person is kept: the keys of `ownerKey`. */
export async function ownersOf(person: string): Promise<string[]> {
  const rows = [...(await readAll<KeptUpdate>(UPDATES)), ...(await readAll<KeptText>(TEXTS)), ...unkept.values()];
  return [...new Set(rows.map((row) => row.owner))].filter((owner) => owner.startsWith(`${person}|`));
}

/** Person and place in one key: another person on the same computer never meets it. */
export function ownerKey(person: string, part: string, side: string): string {
  return [person, part, side].join("|");
}

export function placeOfOwner(owner: string): { part: string; side: string } {
  const [, part = "", side = ""] = owner.split("|");
  return { part, side };
}

function database(): Promise<IDBDatabase | null> {
  opened ??= new Promise((resolve) => {
    const failed = () => {
      working = false;
      resolve(null);
    };
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        for (const name of [UPDATES, TEXTS]) {
          request.result.createObjectStore(name, { keyPath: "id" }).createIndex("owner", "owner");
        }
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = failed;
    } catch {
      failed();
    }
  });
  return opened;
}

async function write(name: string, work: (store: IDBObjectStore) => void): Promise<void> {
  const found = await database();
  if (found === null) return;
  await new Promise<void>((resolve) => {
    const transaction = found.transaction(name, "readwrite");
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => {
      working = false;
      resolve();
    };
    work(transaction.objectStore(name));
  });
}

function read<T>(name: string, owner: string): Promise<T[]> {
  return ask<T>(name, (store) => store.index("owner").getAll(owner));
}

function readAll<T>(name: string): Promise<T[]> {
  return ask<T>(name, (store) => store.getAll());
}

async function ask<T>(name: string, question: (store: IDBObjectStore) => IDBRequest): Promise<T[]> {
  const found = await database();
  if (found === null) return [];
  return new Promise((resolve) => {
    const request = question(found.transaction(name).objectStore(name));
    request.onsuccess = () => resolve(request.result as T[]);
    request.onerror = () => resolve([]);
  });
}
