/** Words that the server doesn't take go back to their author: kept on this computer, to be copied. */

import { type KeptUpdate, keepTexts, keepUpdates } from "./kept";
import { insertedText } from "./texts";

declare global {
  interface DocumentEventMap {
    /** Words were given back: texts that nobody writes in any more show them too. */
    "navette:given-back": Event;
  }
}

export class GivingBack {
  constructor(
    private readonly owner: string,
    private readonly tell: () => void,
  ) {}

  /** Texts by clause; null = nobody can tell any more which clause. */
  async texts(texts: ReadonlyMap<string | null, string>, why: string): Promise<void> {
    if (!texts.size) return;
    await keepTexts(this.owner, texts, why);
    this.tell();
    document.dispatchEvent(new Event("navette:given-back"));
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
}
