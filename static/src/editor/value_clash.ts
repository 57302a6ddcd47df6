/**
 * A value written without a network, while somebody else changed it: of two values one alone can stand, and merging would
 * take either by chance. The one that everybody sees meanwhile stays; the other is given back to its author. Of a list,
 * both keep their lines.
 */

import * as Y from "yjs";
import { isList, mergedLines } from "./typed_list";

/** Clause → what its field holds. */
export type Values = ReadonlyMap<string, string>;

export interface Clash {
  clause: string;
  mine: string;
  theirs: string;
}

const VALUES = "values";

export function valuesOf(doc: Y.Doc): Y.Map<unknown> {
  return doc.getMap(VALUES);
}

/** What every value is now. */
export function standingValues(doc: Y.Doc): Values {
  return new Map([...valuesOf(doc).entries()].map(([clause, value]) => [clause, textOf(value)]));
}

/** Whether one of these updates may write a value (or the level of a title: told apart only with their document). */
export function mayWriteValue(updates: readonly Uint8Array[]): boolean {
  return updates.some((update) => Y.decodeUpdate(update).structs.some(isKeyed));
}

/** The values that these updates, not sent yet, leave in their document. */
export function unsentValues(doc: Y.Doc, updates: readonly Uint8Array[]): Map<string, string> {
  const mine = writtenIn(updates);
  const standing = [...valuesOf(doc)._map].filter(([, item]) => !item.deleted && mine(item.lastId));
  return new Map(standing.map(([clause, item]) => [clause, contentOf(item)]));
}

/** `whole`: all that the server has; `unsent`: what it hasn't. */
export function clashesOf(whole: Uint8Array, unsent: readonly Uint8Array[]): Clash[] {
  // Kept whole, so that the value that gives way in the merge can still be read.
  const both = new Y.Doc({ gc: false });
  const values = valuesOf(both);
  Y.applyUpdate(both, whole);
  const theirs = new Map(values._map);
  const known = Y.decodeStateVector(Y.encodeStateVector(both));
  for (const update of unsent) Y.applyUpdate(both, update);
  const written = writtenIn(unsent);
  const isMine = (id: Y.ID) => written(id) && id.clock >= (known.get(id.client) ?? 0);
  const clashes: Clash[] = [];
  for (const [clause, last] of values._map) {
    const mine = lastOf(last, isMine);
    const stood = theirs.get(clause);
    if (mine === null || !stood || isOver(both, mine, stood, isMine)) continue;
    clashes.push({ clause, mine: contentOf(mine), theirs: contentOf(stood) });
  }
  both.destroy();
  return clashes.filter((clash) => clash.mine !== clash.theirs);
}

/** What stands in the end. `base`: what both started from, where this page still knows it. */
export function settled({ mine, theirs }: Clash, base: string | undefined): string {
  return base !== undefined && isList(base, mine, theirs) ? mergedLines(base, mine, theirs) : theirs;
}

/** The last of one's own values of a key; the items of a key hang one from the other. */
function lastOf(last: Y.Item, isMine: (id: Y.ID) => boolean): Y.Item | null {
  for (let item: Y.Item | null = last; item !== null; item = item.left) if (isMine(item.lastId)) return item;
  return null;
}

/** Whether one's own value was written over the one that stands at the server: then nobody is surprised. */
function isOver(doc: Y.Doc, mine: Y.Item, stood: Y.Item, isMine: (id: Y.ID) => boolean): boolean {
  let { origin } = mine;
  while (origin !== null && isMine(origin)) ({ origin } = Y.getItem(doc.store, origin) as Y.Item);
  return origin !== null && Y.compareIDs(origin, stood.lastId);
}

function writtenIn(updates: readonly Uint8Array[]): (id: Y.ID) => boolean {
  const ranges = updates.flatMap((update) =>
    Y.decodeUpdate(update).structs.map(({ id, length }) => ({ ...id, end: id.clock + length })),
  );
  return ({ client, clock }) =>
    ranges.some((range) => range.client === client && range.clock <= clock && clock < range.end);
}

function isKeyed(struct: Y.Item | Y.GC | { length: number }): boolean {
  return struct instanceof Y.Item && struct.content instanceof Y.ContentAny;
}

function contentOf(item: Y.Item): string {
  return textOf(item.content.getContent().at(-1));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
