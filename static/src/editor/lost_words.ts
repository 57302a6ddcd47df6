/**
 * Two structural edits at once can make words vanish: A turns a paragraph into a heading while B, offline, types in
 * it. Merging removes B's words although nobody deleted them. So after a merge B's own words are looked for, and those
 * that are gone without B having erased them are given back.
 */

import * as Y from "yjs";
import { clauseOf } from "./texts";

interface Run {
  client: number;
  clock: number;
  text: string;
}

/** Words that these updates wrote and that the document doesn't show, by clause; null where nobody can tell which. */
export function lostWords(doc: Y.Doc, updates: readonly Uint8Array[]): Map<string | null, string> {
  const lost = new Map<string | null, string>();
  for (const run of writtenBy(updates)) {
    for (const piece of piecesOf(doc, run)) {
      if (!piece.struct.deleted) continue;
      const clause = placeOf(piece.struct);
      lost.set(clause, (lost.get(clause) ?? "") + piece.text);
    }
  }
  for (const [clause, text] of lost) if (!text.trim()) lost.delete(clause);
  return lost;
}

/** What the updates insert and don't themselves delete, in runs of characters that follow each other. */
function writtenBy(updates: readonly Uint8Array[]): Run[] {
  const decoded = updates.map((update) => Y.decodeUpdate(update));
  const erased = Y.mergeDeleteSets(decoded.map(({ ds }) => ds));
  const runs: Run[] = [];
  for (const { structs } of decoded) {
    for (const struct of structs) {
      if (struct instanceof Y.Item && struct.content instanceof Y.ContentString) {
        runs.push(...standingRuns(struct.id.client, struct.id.clock, struct.content.str, erased));
      }
    }
  }
  return runs;
}

function standingRuns(
  client: number,
  clock: number,
  text: string,
  erased: ReturnType<typeof Y.mergeDeleteSets>,
): Run[] {
  const runs: Run[] = [];
  let open: Run | null = null;
  for (let index = 0; index < text.length; index += 1) {
    if (Y.isDeleted(erased, Y.createID(client, clock + index))) {
      open = null;
    } else if (open === null) {
      open = { client, clock: clock + index, text: text.charAt(index) };
      runs.push(open);
    } else {
      open.text += text.charAt(index);
    }
  }
  return runs;
}

/** Where the document holds a run: it may have been cut in several since it was written. */
function* piecesOf(doc: Y.Doc, { client, clock, text }: Run): Generator<{ struct: Y.Item | Y.GC; text: string }> {
  for (const struct of doc.store.clients.get(client) ?? []) {
    const start = Math.max(struct.id.clock, clock);
    const end = Math.min(struct.id.clock + struct.length, clock + text.length);
    if (start < end) yield { struct, text: text.slice(start - clock, end - clock) };
  }
}

function placeOf(struct: Y.Item | Y.GC): string | null {
  const parent = struct instanceof Y.Item ? struct.parent : null;
  return parent instanceof Y.AbstractType ? clauseOf(parent) : null;
}
