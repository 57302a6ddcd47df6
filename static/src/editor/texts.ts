/** Plain text out of a Y document: what is compared with the server, and what is given back to its author. */

import { digest } from "lib0/hash/sha256";
import * as Y from "yjs";

const FRAGMENT = "clause:";

export function fragmentName(clause: string): string {
  return FRAGMENT + clause;
}

/** The clause that a changed type belongs to, or null when it is no clause's. */
export function clauseOf(type: Y.AbstractType<unknown>): string | null {
  let root: Y.AbstractType<unknown> = type;
  while (root._item !== null) root = root._item.parent as Y.AbstractType<unknown>;
  const name = Y.findRootTypeKey(root);
  return name.startsWith(FRAGMENT) ? name.slice(FRAGMENT.length) : null;
}

/** The clauses whose text a transaction changed. */
export function clausesOf({ changed }: Y.Transaction): string[] {
  const found = [...changed.keys()].map((type) => clauseOf(type as Y.AbstractType<unknown>));
  return [...new Set(found.filter((clause) => clause !== null))];
}

/** One line for each block of text, as somebody would copy it. */
function clauseText(doc: Y.Doc, clause: string): string {
  return [...textNodes(doc.getXmlFragment(fragmentName(clause)))].map(characters).join("\n").trim();
}

/** The lines of a text of this clause that its document doesn't hold; null: of any clause. */
export function linesLacking(doc: Y.Doc, clause: string | null, text: string): string {
  const roots = clause === null ? fragmentNames(doc) : [fragmentName(clause)];
  const nodes = roots.flatMap((name) => [...textNodes(doc.getXmlFragment(name))]);
  const there = new Set(nodes.map((node) => characters(node).trim()));
  const lines = text.split("\n").filter((line) => line.trim() && !there.has(line.trim()));
  return lines.join("\n");
}

/** What would be lost with these updates: each touched clause whole; failing that, the bare words, under null. */
export function unsentTexts(
  doc: Y.Doc,
  touched: Iterable<string>,
  updates: readonly Uint8Array[],
): Map<string | null, string> {
  const texts = new Map<string | null, string>();
  for (const clause of touched) texts.set(clause, clauseText(doc, clause));
  if (!texts.size) texts.set(null, insertedText(updates));
  return texts;
}

/** sha256, in hexadecimal, of every text node of every fragment in the order of their names: the server's own sum. */
export function fingerprint(doc: Y.Doc): string {
  const lines = fragmentNames(doc).flatMap((name) =>
    [...textNodes(doc.getXmlFragment(name))].map((node) => `${characters(node)}\n`),
  );
  const sum = digest(new TextEncoder().encode(lines.join("")));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The words that updates insert, without the document they belong to. */
export function insertedText(updates: readonly Uint8Array[]): string {
  const runs: string[] = [];
  for (const update of updates) {
    for (const struct of Y.decodeUpdate(update).structs) {
      if (!(struct instanceof Y.Item)) continue;
      if (struct.content instanceof Y.ContentString) runs.push(struct.content.str);
      else if (struct.content instanceof Y.ContentType) runs.push("\n");
    }
  }
  return runs
    .join("")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** The same by the clause where it was written; under null, where that is unknown, or several at once. */
export function insertedTexts(
  rows: readonly { update: Uint8Array; clauses?: readonly string[] }[],
): Map<string | null, string> {
  const updates = new Map<string | null, Uint8Array[]>();
  for (const { update, clauses = [] } of rows) {
    const clause = clauses.length === 1 ? (clauses[0] ?? null) : null;
    updates.set(clause, [...(updates.get(clause) ?? []), update]);
  }
  return new Map([...updates].map(([clause, those]) => [clause, insertedText(those)]));
}

function fragmentNames(doc: Y.Doc): string[] {
  return [...doc.share.keys()].filter((name) => name.startsWith(FRAGMENT)).sort();
}

function* textNodes(container: Y.XmlFragment): Generator<Y.XmlText> {
  for (const child of container.toArray()) {
    if (child instanceof Y.XmlText) yield child;
    else if (child instanceof Y.XmlElement) yield* textNodes(child);
  }
}

function characters(node: Y.XmlText): string {
  const runs = node.toDelta() as { insert: unknown }[];
  return runs.map(({ insert }) => (typeof insert === "string" ? insert : "")).join("");
}
