/** The updates that the server hasn't acknowledged: kept on this computer, sent one operation at a time. */

import { uuidv4 } from "lib0/random";
import * as Y from "yjs";
import { type KeptUpdate, keepUpdates } from "./kept";
import { pieces } from "./pieces";
import type { Epoch } from "./protocol";

/** Merging is quadratic, and the server takes no more than 256 kB at once. */
const MOST_MERGED = 100;
const MOST_BYTES = 200_000;

let lastTime = 0;

/** Strictly growing, so that what was written first is sent first after a reload too. */
function nextTime(): number {
  lastTime = Math.max(Date.now(), lastTime + 1);
  return lastTime;
}

export class Outbox {
  private waiting: KeptUpdate[] = [];
  private sending: KeptUpdate | null = null;

  constructor(
    private readonly owner: string,
    private draft: string,
    private epoch: Epoch,
  ) {}

  get isEmpty(): boolean {
    return this.sending === null && this.waiting.length === 0;
  }

  /** How many edits wait, as the reader counts them. */
  get changes(): number {
    return this.rows().reduce((total, row) => total + row.changes, 0);
  }

  get updates(): Uint8Array[] {
    return this.rows().map((row) => row.update);
  }

  /** Rows of an earlier page, under the ids that they may already have been sent with. */
  adopt(rows: readonly KeptUpdate[]): void {
    this.waiting.unshift(...rows);
  }

  /** `clauses`: where it wrote. */
  add(update: Uint8Array, clauses: readonly string[]): void {
    const rows = this.rowsOf(update, 1, clauses);
    this.waiting.push(...rows);
    void keepUpdates(rows);
  }

  /** The operation to send: the same bytes under the same id until it is settled; null when nothing waits. */
  next(): { op: string; update: Uint8Array } | null {
    this.sending ??= this.gather();
    return this.sending && { op: this.sending.id, update: this.sending.update };
  }

  settle(): void {
    if (this.sending) void keepUpdates([], [this.sending.id]);
    this.sending = null;
  }

  /** Everything that waits is replaced by one update that says it all. Returns what waits now. */
  replaceBy(update: Uint8Array | null): KeptUpdate[] {
    const before = this.rows();
    this.sending = null;
    this.waiting = update === null ? [] : this.rowsOf(update, this.countOf(before), clausesOf(before));
    void keepUpdates(
      this.waiting,
      before.map((row) => row.id),
    );
    return this.waiting;
  }

  /** What `doc` holds and `whole`, all that the server has, doesn't. */
  replaceByLacking(doc: Y.Doc, whole: Uint8Array): void {
    const lacking = Y.encodeStateAsUpdate(doc, Y.encodeStateVectorFromUpdate(whole));
    const isSomething = Y.decodeUpdate(lacking).structs.length > 0 || !this.isEmpty;
    this.replaceBy(isSomething ? lacking : null);
  }

  private gather(): KeptUpdate | null {
    const first = this.waiting.shift();
    if (first === undefined) return null;
    const merged = [first];
    let bytes = first.update.length;
    while (this.waiting[0] && merged.length < MOST_MERGED && bytes + this.waiting[0].update.length <= MOST_BYTES) {
      const row = this.waiting.shift() as KeptUpdate;
      bytes += row.update.length;
      merged.push(row);
    }
    // Alone, a row keeps its id: it may be one that an earlier page sent without hearing the answer.
    if (merged.length === 1) return first;
    const together = this.row(Y.mergeUpdates(merged.map((row) => row.update)), this.countOf(merged), clausesOf(merged));
    together.at = first.at;
    void keepUpdates(
      [together],
      merged.map((row) => row.id),
    );
    return together;
  }

  private rows(): KeptUpdate[] {
    return this.sending ? [this.sending, ...this.waiting] : this.waiting;
  }

  private countOf(rows: readonly KeptUpdate[]): number {
    return rows.reduce((total, row) => total + row.changes, 0);
  }

  /** As many as it takes to send it; the last one counts for all, since nothing is saved before it is. */
  private rowsOf(update: Uint8Array, changes: number, clauses: readonly string[]): KeptUpdate[] {
    const found = pieces(update, MOST_BYTES);
    return found.map((piece, number) => this.row(piece, number === found.length - 1 ? changes : 0, clauses));
  }

  private row(update: Uint8Array, changes: number, clauses: readonly string[]): KeptUpdate {
    return {
      id: uuidv4(),
      owner: this.owner,
      draft: this.draft,
      epoch: this.epoch,
      update,
      changes,
      at: nextTime(),
      clauses,
    };
  }
}

/** None when that isn't known of each. */
function clausesOf(rows: readonly KeptUpdate[]): string[] {
  if (rows.some((row) => !row.clauses)) return [];
  return [...new Set(rows.flatMap((row) => row.clauses ?? []))];
}
