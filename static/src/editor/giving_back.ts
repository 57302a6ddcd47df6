/** Words that the server doesn't take go back to their author: kept on this computer, to be copied. */

import type * as Y from "yjs";
import { type KeptUpdate, keepTexts, keepUpdates, textsOf } from "./kept";
import { lostWords } from "./lost_words";
import type { Outbox } from "./outbox";
import type { Opened } from "./protocol";
import { LOST } from "./sentences";
import { withoutClauses } from "./split_update";
import { clauseOf, insertedText, unsentTexts } from "./texts";
import { unsentValues, type Values } from "./value_clash";

declare global {
  interface DocumentEventMap {
    /** Words were given back: texts that nobody writes in any more show them too. */
    "navette:given-back": Event;
  }
}

export class GivingBack {
  /** The clauses whose text was edited here since the server last had everything. */
  private readonly touched = new Set<string>();

  constructor(
    private readonly owner: string,
    private readonly tell: () => void,
  ) {}

  /** An edit of this page, not sent yet. */
  note({ changed }: Y.Transaction): void {
    for (const type of changed.keys()) {
      const clause = clauseOf(type as Y.AbstractType<unknown>);
      if (clause) this.touched.add(clause);
    }
  }

  forget(): void {
    this.touched.clear();
  }

  /** All that these updates left in the document, or what they left in some clauses only. Reads it at once. */
  async unsent(
    doc: Y.Doc,
    updates: readonly Uint8Array[],
    why: string,
    isGone: (clause: string) => boolean = () => true,
  ): Promise<void> {
    const mine = [...this.touched].filter(isGone);
    const nobodyKnows = !this.touched.size;
    const texts = mine.length || nobodyKnows ? unsentTexts(doc, mine, updates) : new Map<string, string>();
    const values = [...unsentValues(doc, updates)].filter(([clause]) => isGone(clause));
    this.touched.clear();
    await this.texts(texts, why);
    await this.values(new Map(values), why);
  }

  /**
   * What was written in clauses that were locked meanwhile. The rest takes its place in the outbox, and is returned; null
   * when nothing was written in a locked one.
   */
  closed(doc: Y.Doc, outbox: Outbox, clauses: Opened["clauses"], why: string): KeptUpdate[] | null {
    const { updates } = outbox;
    const written = [...this.touched, ...unsentValues(doc, updates).keys()];
    const locked = new Set(written.filter((clause) => clauses[clause] === "locked"));
    if (!locked.size) return null;
    void this.unsent(doc, updates, why, (clause) => locked.has(clause));
    return outbox.replaceBy(withoutClauses(doc, updates, locked));
  }

  /** Words of these updates that a merge swallowed. */
  async lost(doc: Y.Doc, updates: readonly Uint8Array[]): Promise<void> {
    if (updates.length) await this.texts(lostWords(doc, updates), LOST);
  }

  /** Texts by clause; null = nobody can tell any more which clause. */
  async texts(texts: ReadonlyMap<string | null, string>, why: string): Promise<void> {
    if (!texts.size) return;
    await keepTexts(this.owner, texts, why);
    this.show();
  }

  /** Values by clause; one that waits there already isn't given back twice. */
  async values(values: Values, why: string): Promise<void> {
    if (!values.size) return;
    const kept = (await textsOf(this.owner)).filter(({ isValue }) => isValue);
    for (const [clause, value] of values) {
      if (kept.some((row) => row.clause === clause && row.text === value)) continue;
      await keepTexts(this.owner, new Map([[clause, value]]), why, true);
    }
    this.show();
  }

  /** Updates that no document takes any more: their bare words. */
  async rows(rows: readonly KeptUpdate[], why: string): Promise<void> {
    if (!rows.length) return;
    await this.texts(new Map([[null, insertedText(rows.map((row) => row.update))]]), why);
    await keepUpdates(
      [],
      rows.map((row) => row.id),
    );
  }

  private show(): void {
    this.tell();
    document.dispatchEvent(new Event("navette:given-back"));
  }
}
