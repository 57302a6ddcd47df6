/** One draft, shared by every open clause of a part: its document, and its conversation with the server. */

import type { Socket } from "socket.io-client";
import * as Y from "yjs";
import { GivingBack } from "./giving_back";
import { type KeptUpdate, ownerKey, updatesOf } from "./kept";
import { applySeeing } from "./lost_words";
import { Outbox } from "./outbox";
import type { DraftClosed, DraftUpdated, Epoch, Me, Opened, Place, Refusal, Update } from "./protocol";
import { ask, hear, SCHEMA_VERSION, toBytes, toText } from "./protocol";
import { afterRefusal, type Consequence } from "./refusals";
import { type SaveState, stateOf } from "./save_state";
import { CLOSED, ENDED, LOST, REBUILT, RIGHTS } from "./sentences";
import { Sequence } from "./sequence";
import { Settling } from "./settling";
import { Sums } from "./sums";
import { clausesOf, fingerprint } from "./texts";
import { Timers } from "./timers";
import { mayWriteValue } from "./value_clash";

/** Origins of transactions that must not be sent again. */
const SERVER = Symbol("server");
const KEPT = Symbol("kept");

const GAP_PATIENCE_MS = 300;
const CHECK_AFTER_MS = 10_000;
const RETRY_MS = 2000;

/** Look again at state and rights; others' words are about to be drawn; another document; words were given back. */
export type SyncEvent = "changed" | "incoming" | "renewed" | "texts";

export class DraftSync {
  doc = new Y.Doc();
  me: Me | null = null;
  clauses: Opened["clauses"] = {};
  /** Opened at least once: the document can be shown. */
  ready = false;
  /** Why nothing more can be written, in words; null while it can. */
  stopped: string | null = null;
  draft: string | null = null;
  entered = false;
  readonly owner: string;
  readonly settling: Settling;
  readonly sums = new Sums();

  private epoch: Epoch = "";
  private outbox: Outbox | null = null;
  private sequence = new Sequence();
  private entering = false;
  private pushing = false;
  private late = false;
  private savedAt: Date | null = null;
  /** Stopped by what the parties may undo, as a gel that nobody signed: not by this person's session or rights. */
  private mayReopen = false;
  /** Edits of a document that was replaced, for the one that takes its place. */
  private carried: KeptUpdate[] = [];
  private readonly listeners = new Set<(event: SyncEvent) => void>();
  private readonly timers = new Timers();
  private readonly givingBack: GivingBack;
  private readonly deafen: () => void;

  constructor(
    private readonly socket: Socket,
    private readonly place: Place,
    person: string,
  ) {
    this.owner = ownerKey(person, place.part, place.side);
    this.givingBack = new GivingBack(this.owner, () => this.tell("texts"));
    this.settling = new Settling(this.givingBack);
    this.deafen = hear(socket, {
      connect: () => void (this.mayReopen ? this.reopened() : this.open()),
      disconnect: () => this.left(),
      draft_updated: (told: DraftUpdated) => this.receive(told),
      draft_closed: (told: DraftClosed) => this.closed(told),
      draft_reopened: ({ draft }: { draft: string }) => this.mayReopen && draft === this.draft && this.reopened(),
      session_ended: () => this.stop(ENDED),
      rights_changed: () => this.stop(RIGHTS),
    });
    this.follow();
    void this.open();
  }

  get saving(): SaveState {
    const { late, savedAt, stopped, socket } = this;
    return stateOf({ changes: this.outbox?.changes ?? 0, connected: socket.connected, late, savedAt, stopped });
  }

  get isSettled(): boolean {
    return this.outbox?.isEmpty ?? true;
  }

  listen(heard: (event: SyncEvent) => void): () => void {
    this.listeners.add(heard);
    return () => this.listeners.delete(heard);
  }

  mayWrite(clause: string): boolean {
    return this.stopped === null && this.clauses[clause] === "open";
  }

  /** Open, or open again after a cut or a change of rights: what each side lacks is exchanged. */
  async open(): Promise<void> {
    if (this.entering || this.stopped !== null) return;
    this.entering = true;
    const then = await this.enter().finally(() => {
      this.entering = false;
    });
    if (then === "again") await this.open();
    else void this.pump();
  }

  close(): void {
    if (this.draft) void ask(this.socket, "close_draft", { draft: this.draft });
    this.deafen();
    this.timers.clear();
    this.listeners.clear();
    this.doc.destroy();
  }

  private tell(event: SyncEvent): void {
    for (const heard of this.listeners) heard(event);
  }

  /** Local edits go to the outbox; the clauses they touch are remembered until the server has them. */
  private follow(): void {
    this.doc.on("update", (update: Uint8Array, origin: unknown, _: Y.Doc, transaction: Y.Transaction) => {
      if (origin === SERVER || origin === KEPT || this.outbox === null) return;
      this.outbox.add(update, clausesOf(transaction));
      this.tell("changed");
      void this.pump();
    });
    this.doc.on("afterTransaction", (transaction: Y.Transaction) => {
      if (transaction.origin !== SERVER) this.givingBack.note(transaction);
    });
  }

  private left(): void {
    this.entered = false;
    if (this.isSettled) this.settling.note(this.doc);
    this.tell("changed");
  }

  // ------------------------------------------------------------------ opening

  private async enter(): Promise<"again" | "done"> {
    // Whole when a value was written here meanwhile: what it was at the server must be told from what it becomes.
    const isWhole = this.draft === null || mayWriteValue(this.outbox?.updates ?? []);
    const known = isWhole ? "" : toText(Y.encodeStateVector(this.doc));
    const reply = await this.askToOpen(known);
    if (reply === null) {
      if (this.socket.connected) this.timers.set("open", RETRY_MS, () => void this.open());
      return "done";
    }
    if (!reply.ok) return this.notLetIn(reply.error);
    if (this.draft !== null && (reply.draft !== this.draft || reply.epoch !== this.epoch)) {
      this.giveBack(REBUILT);
      this.renew();
      return "again";
    }
    if (this.outbox === null) await this.begin(reply);
    else await this.join(reply, this.outbox.updates);
    return "done";
  }

  private askToOpen(state_vector: string) {
    return ask<Opened>(this.socket, "open_draft", { ...this.place, schema: SCHEMA_VERSION, state_vector }, 10_000);
  }

  /** First opening of this document: what an earlier page of this person left unsent joins it. */
  private async begin(opened: Opened): Promise<void> {
    this.draft = opened.draft;
    this.epoch = opened.epoch;
    const rows = await updatesOf(this.owner, this.carried.splice(0));
    const mine = rows.filter((row) => row.draft === opened.draft && row.epoch === opened.epoch);
    const others = rows.filter((row) => !mine.includes(row));
    await this.givingBack.rows(others, REBUILT);
    this.outbox = new Outbox(this.owner, opened.draft, opened.epoch);
    this.outbox.adopt(mine);
    await this.join(opened, this.outbox.updates);
  }

  private async join(opened: Opened, unsent: readonly Uint8Array[]): Promise<void> {
    this.settling.join(this.doc, toBytes(opened.update), unsent, { theirs: SERVER, mine: KEPT });
    this.sequence.jumped(opened.seq);
    this.clauses = opened.clauses;
    this.me = opened.me;
    this.ready = true;
    this.entered = this.socket.connected;
    if (this.doc.store.pendingStructs !== null) return this.startAgain(REBUILT);
    void this.givingBack.rebuilt(this.doc);
    void this.givingBack.lost(this.doc, unsent);
    this.checkLater();
    this.tell("changed");
  }

  // ------------------------------------------------------------------ sending

  private async pump(): Promise<void> {
    if (this.pushing || !this.entered || this.stopped !== null || this.outbox === null) return;
    const outbox = this.outbox;
    const operation = outbox.next();
    if (operation === null) {
      this.givingBack.forget();
      this.settling.note(this.doc);
      this.checkLater();
      return;
    }
    this.pushing = true;
    const order = { draft: this.draft, epoch: this.epoch, op: operation.op, update: toText(operation.update) };
    const reply = await ask<{ seq: number }>(this.socket, "push_update", order);
    if (outbox !== this.outbox) return;
    this.pushing = false;
    if (reply === null) {
      // Connected: the same bytes again, under the same id. Not connected: opening again will do it.
      if (!this.socket.connected) return;
      this.isLate();
      return void this.pump();
    }
    if (!reply.ok) return this.refused(reply.error);
    outbox.settle();
    this.late = false;
    this.savedAt = new Date();
    this.reached(reply.seq);
    this.tell("changed");
    void this.pump();
  }

  private isLate(): void {
    this.late = true;
    this.tell("changed");
  }

  private notLetIn({ code, message }: Refusal): "done" {
    const then = afterRefusal(code);
    if (then === "wait") this.timers.set("open", RETRY_MS, () => void this.open());
    else if (then === "stop") this.stop(message);
    else this.giveBackAndStop(message);
    return "done";
  }

  private refused({ code, message }: Refusal): void {
    const follow: Record<Consequence, () => void> = {
      resync: () => void this.resync(),
      start_again: () => void this.startAgain(message),
      without_closed: () => void this.leaveOut(message),
      give_back: () => this.giveBackAndStop(message),
      stop: () => this.stop(message),
      wait: () => {
        this.isLate();
        this.timers.set("retry", RETRY_MS, () => void this.pump());
      },
    };
    follow[afterRefusal(code)]();
  }

  // ------------------------------------------------------------------ receiving, putting right

  private receive(told: DraftUpdated): void {
    if (told.draft !== this.draft || !this.ready) return;
    if (told.epoch !== this.epoch) return void this.open();
    this.apply(told);
    if (this.isSettled) {
      this.savedAt = new Date();
      this.tell("changed");
    }
    this.checkLater();
  }

  private apply({ seq, update, first = seq }: Update): void {
    this.tell("incoming");
    void this.givingBack.texts(applySeeing(this.doc, toBytes(update), SERVER), LOST);
    for (let each = first; each <= seq; each += 1) this.reached(each);
  }

  /** A missing number may still be on its way; after a moment it is asked for. */
  private reached(seq: number): void {
    this.sequence.received(seq);
    if (this.sequence.hasGap) this.timers.set("gap", GAP_PATIENCE_MS, () => void this.pull());
  }

  private async pull(): Promise<void> {
    if (!this.entered || !this.sequence.hasGap) return;
    const order = { draft: this.draft, epoch: this.epoch, after: this.sequence.last };
    const reply = await ask<{ seq: number; updates: Update[] }>(this.socket, "pull_updates", order);
    if (reply === null) return this.timers.set("gap", RETRY_MS, () => void this.pull());
    if (!reply.ok) return this.refused(reply.error);
    for (const missed of reply.updates) this.apply(missed);
    if (!reply.updates.length) this.sequence.jumped(reply.seq);
  }

  private checkLater(): void {
    this.timers.set("check", CHECK_AFTER_MS, () => void this.check());
  }

  /** At a quiet moment both sides compare a sum of the text: a lost message can't stay unnoticed. */
  private async check(): Promise<void> {
    if (!this.entered || !this.isSettled || this.draft === null) return;
    const seq = this.sequence.last;
    const order = { draft: this.draft, epoch: this.epoch, seq, hash: fingerprint(this.doc) };
    const reply = await ask<{ same: boolean; seq: number }>(this.socket, "check_draft", order);
    if (!reply?.ok || seq !== this.sequence.last || !this.isSettled) return;
    if (reply.seq > seq) {
      this.sequence.exists(reply.seq);
      await this.pull();
      this.checkLater();
    } else {
      const then = this.sums.compared(reply.same);
      if (then !== null) await (then === "resync" ? this.resync() : this.startAgain(REBUILT));
      this.tell("changed");
    }
  }

  /** The whole of what the server has, and in return the whole of what it lacks, as one operation. */
  private async resync(): Promise<void> {
    const reply = await this.askToOpen("");
    if (reply === null) return this.timers.set("retry", RETRY_MS, () => void this.resync());
    if (!reply.ok) return this.refused(reply.error);
    if (this.outbox === null || reply.epoch !== this.epoch) return this.startAgain(REBUILT);
    const whole = toBytes(reply.update);
    Y.applyUpdate(this.doc, whole, SERVER);
    if (this.doc.store.pendingStructs !== null) return this.startAgain(REBUILT);
    void this.givingBack.lost(this.doc, this.outbox.updates);
    this.outbox.replaceByLacking(this.doc, whole);
    this.sequence.jumped(reply.seq);
    this.checkLater();
    void this.pump();
  }

  /** A clause was closed while it was written in: its words are given back, those of the others go on their way. */
  private async leaveOut(why: string): Promise<void> {
    this.entered = false;
    const reply = await this.askToOpen("");
    if (!reply?.ok || this.outbox === null || reply.epoch !== this.epoch) return this.startAgain(why);
    const rest = this.givingBack.closed(this.doc, this.outbox, reply.clauses, why);
    if (rest === null) return this.startAgain(why);
    this.carried = rest;
    this.renew();
    await this.open();
  }

  /** The server's document takes the place of ours; our unsent words are given back to be copied. */
  private async startAgain(why: string): Promise<void> {
    this.giveBack(why);
    this.renew();
    await this.open();
  }

  private renew(): void {
    const before = this.doc;
    this.doc = new Y.Doc();
    this.follow();
    this.outbox = null;
    this.draft = null;
    this.ready = false;
    this.entered = false;
    this.pushing = false;
    this.late = false;
    this.sums.renewed();
    this.sequence = new Sequence();
    this.tell("renewed");
    before.destroy();
  }

  /** At once, before another key is pressed: what is typed after it would hang in the air. */
  private giveBack(why: string): void {
    if (this.outbox === null || this.outbox.isEmpty) return;
    this.givingBack.doubt(this.doc, this.outbox.updates, why);
    this.outbox.replaceBy(null);
  }

  private closed({ draft, reason }: DraftClosed): void {
    if (draft !== this.draft) return;
    if (/epoch|rebuilt/.test(reason)) void this.open();
    else this.giveBackAndStop(reason.includes(" ") ? reason : CLOSED);
  }

  private giveBackAndStop(why: string): void {
    // Never let in: what an earlier page left is all there is.
    if (this.outbox === null) void updatesOf(this.owner).then((rows) => this.givingBack.rows(rows, why));
    else this.giveBack(why);
    void this.givingBack.rebuilt(null);
    this.stop(why);
    this.mayReopen = true;
  }

  /** The server's document again; what it refused meanwhile was given back. Where it is still closed, it says so. */
  private reopened(): void {
    this.stopped = null;
    this.mayReopen = false;
    this.renew();
    void this.open();
  }

  private stop(why: string): void {
    this.stopped = why;
    this.mayReopen = false;
    this.entered = false;
    this.tell("changed");
  }
}
