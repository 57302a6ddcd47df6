/**
 * Two structural edits at once can make words vanish: A turns a paragraph into a heading while B, offline or only a
 * moment behind, types in it. Merging removes B's words although nobody deleted them. So after a merge B's own words are
 * looked for, and those that are gone without anybody having erased them are given back.
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
  return withWords(lost);
}

/**
 * Applies what another wrote, and returns the words of this page that it took away without naming them: who deletes
 * words that he has seen names them in his update; what he never saw goes with the paragraph that held it.
 */
export function applySeeing(doc: Y.Doc, update: Uint8Array, origin: symbol): Map<string | null, string> {
  const lost = new Map<string | null, string>();
  const look = (transaction: Y.Transaction) => {
    if (transaction.origin === origin && transaction.deleteSet.clients.has(doc.clientID)) {
      addUnnamed(lost, transaction, Y.decodeUpdate(update).ds);
    }
  };
  doc.on("afterTransaction", look);
  try {
    Y.applyUpdate(doc, update, origin);
  } finally {
    doc.off("afterTransaction", look);
  }
  return withWords(lost);
}

function addUnnamed(
  lost: Map<string | null, string>,
  transaction: Y.Transaction,
  named: Y.Transaction["deleteSet"],
): void {
  Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
    if (struct.id.client !== transaction.doc.clientID) return;
    if (!(struct instanceof Y.Item) || !(struct.content instanceof Y.ContentString)) return;
    const { client, clock } = struct.id;
    const characters = [...struct.content.str.split("").keys()];
    const unnamed = characters.filter((index) => !Y.isDeleted(named, Y.createID(client, clock + index)));
    const words = unnamed.map((index) => (struct.content as Y.ContentString).str.charAt(index)).join("");
    const clause = placeOf(struct);
    lost.set(clause, (lost.get(clause) ?? "") + words);
  });
}

function withWords(lost: Map<string | null, string>): Map<string | null, string> {
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

function standingRuns(client: number, clock: number, text: string, erased: Y.Transaction["deleteSet"]): Run[] {
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
