/** Of updates that the server refused whole because a clause was closed meanwhile: all that isn't in that clause. */

import { writeVarUint } from "lib0/encoding";
import * as Y from "yjs";
import { clauseOf } from "./texts";
import { valuesOf } from "./value_clash";

export type Struct = ReturnType<typeof Y.decodeUpdate>["structs"][number];

/** Characters, or other contents, in a row that one client wrote. */
interface Stretch {
  clock: number;
  len: number;
}

/**
 * One update with what `updates` write outside of the `closed` clauses; null when that is nothing. Where something was
 * left out stands an empty place, as for words that were deleted: what their author typed next still follows.
 * `doc` holds these updates.
 */
export function withoutClauses(
  doc: Y.Doc,
  updates: readonly Uint8Array[],
  closed: ReadonlySet<string>,
): Uint8Array | null {
  const { structs, ds } = Y.decodeUpdate(Y.mergeUpdates([...updates]));
  const isOpen = (id: Y.ID) => {
    const place = placeOf(doc, Y.getItem(doc.store, id));
    return place !== null && !closed.has(place);
  };
  const kept = structs.map((struct) =>
    struct instanceof Y.Item && !isOpen(struct.id) ? new Y.GC(struct.id, struct.length) : struct,
  );
  const deletions = openDeletions(doc, ds, isOpen);
  if (!deletions.size && !kept.some((struct) => struct instanceof Y.Item)) return null;
  return encoded(kept, deletions);
}

/** The clause in whose text or value something stands; null when nobody can tell any more. */
function placeOf(doc: Y.Doc, struct: Y.Item | Y.GC): string | null {
  if (!(struct instanceof Y.Item) || !(struct.parent instanceof Y.AbstractType)) return null;
  if (struct.parent === valuesOf(doc)) return struct.parentSub;
  return clauseOf(struct.parent);
}

/** Whatever stood in a paragraph that went is gone with it: its place alone needs to be known. */
function openDeletions(
  doc: Y.Doc,
  ds: Y.Transaction["deleteSet"],
  isOpen: (id: Y.ID) => boolean,
): Map<number, Stretch[]> {
  const open = new Map<number, Stretch[]>();
  for (const [client, ranges] of ds.clients) {
    const pieces = ranges.flatMap((range) => [...piecesOf(doc, client, range)]);
    const kept = pieces.filter(({ clock }) => isOpen(Y.createID(client, clock)));
    if (kept.length) open.set(client, kept);
  }
  return open;
}

function* piecesOf(doc: Y.Doc, client: number, { clock, len }: Stretch): Generator<Stretch> {
  for (const struct of doc.store.clients.get(client) ?? []) {
    const start = Math.max(struct.id.clock, clock);
    const end = Math.min(struct.id.clock + struct.length, clock + len);
    if (start < end) yield { clock: start, len: end - start };
  }
}

/** As Yjs writes an update: the clients from the highest down, each with its structs in a row, then what they delete. */
export function encoded(structs: readonly Struct[], deletions: ReadonlyMap<number, readonly Stretch[]>): Uint8Array {
  const encoder = new Y.UpdateEncoderV1();
  const clients = new Map<number, Struct[]>();
  for (const struct of structs) {
    const all = clients.get(struct.id.client);
    if (all) all.push(struct);
    else clients.set(struct.id.client, [struct]);
  }
  writeVarUint(encoder.restEncoder, clients.size);
  for (const [client, all] of [...clients].sort(([one], [other]) => other - one)) {
    writeVarUint(encoder.restEncoder, all.length);
    encoder.writeClient(client);
    writeVarUint(encoder.restEncoder, all[0]?.id.clock ?? 0);
    for (const struct of all) struct.write(encoder, 0);
  }
  writeVarUint(encoder.restEncoder, deletions.size);
  for (const [client, ranges] of deletions) {
    encoder.resetDsCurVal();
    writeVarUint(encoder.restEncoder, client);
    writeVarUint(encoder.restEncoder, ranges.length);
    for (const { clock, len } of ranges) {
      encoder.writeDsClock(clock);
      encoder.writeDsLen(len);
    }
  }
  return encoder.toUint8Array();
}
