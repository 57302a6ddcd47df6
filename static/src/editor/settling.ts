/** Values that two wrote without knowing of each other, reconciled where a document joins the server's again. */

import * as Y from "yjs";
import type { GivingBack } from "./giving_back";
import { replacedBy } from "./sentences";
import { clashesOf, mayWriteValue, settled, standingValues, type Values, valuesOf } from "./value_clash";

export class Settling {
  /** What the values were when the server last had everything that was written here. */
  private standing: Values = new Map();
  private readonly clauses = new Set<string>();

  constructor(private readonly givingBack: GivingBack) {}

  /** Whether this very moment changes the value: who loses it is told so here, and not as of somebody's edit. */
  has(clause: string): boolean {
    return this.clauses.has(clause);
  }

  /** The server has everything. */
  note(doc: Y.Doc): void {
    this.standing = standingValues(doc);
  }

  /** Puts the whole of what the server has together with what it hasn't, each under its origin. */
  join(doc: Y.Doc, theirs: Uint8Array, unsent: readonly Uint8Array[], origins: { theirs: symbol; mine: symbol }): void {
    const clashes = theirs.length && mayWriteValue(unsent) ? clashesOf(theirs, unsent) : [];
    for (const { clause } of clashes) this.clauses.add(clause);
    if (theirs.length) Y.applyUpdate(doc, theirs, origins.theirs);
    for (const update of unsent) Y.applyUpdate(doc, update, origins.mine);
    for (const clash of clashes) {
      const value = settled(clash, this.standing.get(clash.clause));
      valuesOf(doc).set(clash.clause, value);
      const lost = new Map(value === clash.theirs ? [[clash.clause, clash.mine]] : []);
      void this.givingBack.values(lost, replacedBy(clash.theirs));
    }
    this.clauses.clear();
  }
}
