/** An update too large for the server to take at once (an undo that brings a great table back), in several. */

import * as Y from "yjs";
import { encoded, type Struct } from "./split_update";

/** Nodes that more may follow in, once they hold something. Any other is seen with all its nodes, or it is mended. */
const OPEN_ENDED = /^(table|bulletList|orderedList|blockquote)$/;

/**
 * The update in pieces of at most so many bytes, each building on those before it, after each of which every table has
 * whole rows and no node is hollow. One that can't be cut so, or that several clients wrote, stays as it is.
 */
export function pieces(update: Uint8Array, most: number): Uint8Array[] {
  if (update.length <= most) return [update];
  const { structs, ds } = Y.decodeUpdate(update);
  const parts = isOfOneClient(structs) ? gathered(stretches(structs), most) : null;
  if (parts === null) return [update];
  const last = parts.pop() ?? [];
  return [...parts.map((part) => encoded(part, new Map())), encoded(last, ds.clients)];
}

function isOfOneClient(structs: readonly Struct[]): boolean {
  return structs.every((struct) => !(struct instanceof Y.Skip) && struct.id.client === structs[0]?.id.client);
}

/** Stretches put together as far as they fit; null when one alone is too long. */
function gathered(found: readonly Struct[][], most: number): Struct[][] | null {
  const parts: Struct[][] = [];
  let room = 0;
  for (const stretch of found) {
    const size = encoded(stretch, new Map()).length;
    if (size > most) return null;
    if (size > room) {
      parts.push([]);
      room = most;
    }
    parts.at(-1)?.push(...stretch);
    room -= size;
  }
  return parts;
}

/** What must not be parted stands together. */
function stretches(structs: readonly Struct[]): Struct[][] {
  const found: Struct[][] = [];
  const together = boundTo(structs);
  let end = 0;
  structs.forEach((struct, number) => {
    if (number > end || number === 0) found.push([]);
    found.at(-1)?.push(struct);
    end = Math.max(end, together[number] ?? number);
  });
  return found;
}

/** For each struct, the last one without which it can't be seen. */
function boundTo(structs: readonly Struct[]): number[] {
  const bound = structs.map((_, number) => number);
  const parents: (number | null)[] = [];
  const begun = new Set<number>();
  structs.forEach((struct, number) => {
    const parent = parentOf(structs, parents, struct);
    parents.push(parent);
    if (parent === null) return;
    const isAttribute = struct instanceof Y.Item && struct.parentSub !== null;
    const isMore = begun.has(parent) && OPEN_ENDED.test(kindOf(structs[parent]));
    const isNode = !/^$|hardBreak/.test(kindOf(struct));
    if (isAttribute || (isNode && !isMore)) bound[parent] = number;
    if (isNode) begun.add(parent);
  });
  return bound;
}

/** The place among the structs of the one that holds this; null when that was there before. */
function parentOf(structs: readonly Struct[], parents: readonly (number | null)[], struct: Struct): number | null {
  if (!(struct instanceof Y.Item)) return null;
  if (struct.parent instanceof Y.ID) return placeOf(structs, struct.parent);
  for (const beside of [struct.origin, struct.rightOrigin]) {
    const place = beside && placeOf(structs, beside);
    if (place !== null) return parents[place] ?? null;
  }
  return null;
}

function placeOf(structs: readonly Struct[], id: Y.ID): number | null {
  const first = structs[0]?.id;
  if (first === undefined || id.client !== first.client || id.clock < first.clock) return null;
  return Y.findIndexSS(structs as Y.Item[], id.clock);
}

/** The name of the element; empty for all else (words may follow later wherever they stand). */
export function kindOf(struct: Struct | undefined): string {
  if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentType)) return "";
  const { type } = struct.content;
  return type instanceof Y.XmlElement ? type.nodeName : "";
}
