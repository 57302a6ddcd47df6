/** Words that the server doesn't take go back to their author: kept on this computer, to be copied. */

import type * as Y from "yjs";
import { dropText, type KeptUpdate, keepTexts, keepUpdates, textsOf } from "./kept";
import { lostWords } from "./lost_words";
import type { Outbox } from "./outbox";
import type { Opened } from "./protocol";
import { LOST } from "./sentences";
import { withoutClauses } from "./split_update";
import { clausesOf, insertedTexts, linesLacking, unsentTexts } from "./texts";
import { standingValues, unsentValues, type Values } from "./value_clash";

declare global {
  interface DocumentEventMap {
    /** Words were given back: texts that nobody writes in any more show them too. */
    "navette:given-back": Event;
  }
}

export class GivingBack {
  /** The clauses whose text was edited here since the server last had everything. */
  private readonly touched = new Set<string>();
  /** Ids of what is kept already, and shown once the text that takes its place has said what it lacks. */
  private doubtful: Promise<readonly string[]> = Promise.resolve([]);

  private keeping: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly owner: string,
    private readonly tell: () => void,
  ) {}

  /** An edit of this page, not sent yet. */
  note(transaction: Y.Transaction): void {
    for (const clause of clausesOf(transaction)) this.touched.add(clause);
  }

  forget(): void {
    this.touched.clear();
  }

  /** All that these updates left in the document, until `rebuilt` is told what takes its place. Reads it at once. */
  doubt(doc: Y.Doc, updates: readonly Uint8Array[], why: string): void {
    const texts = unsentTexts(doc, this.touched, updates);
    const values = unsentValues(doc, updates);
    this.touched.clear();
    const before = this.doubtful;
    this.doubtful = (async () => [
      ...(await before),
      ...(await keepTexts(this.owner, texts, why)),
      ...(await this.keepValues(values, why)),
    ])();
  }

  /** Of that, what another document says already needs no copying; without one, all of it is shown. */
  async rebuilt(doc: Y.Doc | null): Promise<void> {
    const ids = await this.doubtful;
    if (!ids.length) return;
    this.doubtful = Promise.resolve([]);
    if (doc) await this.shorten(ids, doc);
    this.show();
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
    const mine = [...this.touched].filter((clause) => locked.has(clause));
    const nobodyKnows = !this.touched.size;
    const texts = mine.length || nobodyKnows ? unsentTexts(doc, mine, updates) : new Map<string, string>();
    const values = [...unsentValues(doc, updates)].filter(([clause]) => locked.has(clause));
    this.touched.clear();
    void this.texts(texts, why).then(() => this.values(new Map(values), why));
    return outbox.replaceBy(withoutClauses(doc, updates, locked));
  }

  /** Words of these updates that a merge swallowed. */
  async lost(doc: Y.Doc, updates: readonly Uint8Array[]): Promise<void> {
    if (updates.length) await this.texts(lostWords(doc, updates), LOST);
  }

  /** Texts by clause; null = nobody can tell any more which clause. A merge that is looked at again gives none twice. */
  async texts(texts: ReadonlyMap<string | null, string>, why: string): Promise<void> {
    if (!texts.size) return;
    this.keeping = this.keeping.then(() => this.keepOthers(texts, why));
    await this.keeping;
    this.show();
  }

  async values(values: Values, why: string): Promise<void> {
    if (!values.size) return;
    await this.keepValues(values, why);
    this.show();
  }

  /** Updates that no document takes any more: their words, line by line, without what stood around them. */
  async rows(rows: readonly KeptUpdate[], why: string): Promise<void> {
    if (!rows.length) return;
    await this.texts(insertedTexts(rows), why);
    await keepUpdates(
      [],
      rows.map((row) => row.id),
    );
  }

  private async keepOthers(texts: ReadonlyMap<string | null, string>, why: string): Promise<void> {
    const kept = (await textsOf(this.owner)).filter((row) => !row.isValue && row.why === why);
    const isNew = ([clause, text]: [string | null, string]) =>
      !kept.some((row) => row.clause === (clause ?? "") && row.text === text);
    await keepTexts(this.owner, new Map([...texts].filter(isNew)), why);
  }

  /** Values by clause; one that waits there already isn't given back twice. Returns the ids of the others. */
  private async keepValues(values: Values, why: string): Promise<string[]> {
    const ids: string[] = [];
    const kept = (await textsOf(this.owner)).filter(({ isValue }) => isValue);
    for (const [clause, value] of values) {
      if (kept.some((row) => row.clause === clause && row.text === value)) continue;
      ids.push(...(await keepTexts(this.owner, new Map([[clause, value]]), why, true)));
    }
    return ids;
  }

  private async shorten(ids: readonly string[], doc: Y.Doc): Promise<void> {
    const values = standingValues(doc);
    for (const { id, clause, text, why, isValue } of await textsOf(this.owner)) {
      if (!ids.includes(id)) continue;
      const standing = isValue && values.get(clause) === text ? "" : text;
      const lacking = isValue ? standing : linesLacking(doc, clause || null, text);
      if (lacking === text) continue;
      if (lacking) await keepTexts(this.owner, new Map([[clause || null, lacking]]), why);
      await dropText(id);
    }
  }

  private show(): void {
    this.tell();
    document.dispatchEvent(new Event("navette:given-back"));
  }
}
