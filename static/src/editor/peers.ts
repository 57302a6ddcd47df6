/** Who else is in the draft, and where: never stored, sent at most ten times a second. */

import type { Socket } from "socket.io-client";
import type { CursorSelection, DraftCursor } from "./protocol";

const LEAST_BETWEEN_MS = 100;
const MOST_BYTES = 512;
/** A caret is told again now and then, for who arrives later, and forgotten when it isn't: its owner left unheard. */
const TELL_AGAIN_MS = 20_000;
const FORGET_MS = 60_000;
/** After the network came back, the draft is joined again before anything is told in it. */
const JOIN_AGAIN_MS = 2_000;
/** Where somebody is who has the draft open and no caret in its text: in the field of its value, or only reading. */
export const IN_FIELD = "value";
const READING = "here";

export interface Peer extends DraftCursor {
  selection: CursorSelection;
  seenAt: number;
  /** Grows each time the caret moves: a label shows in full for a moment. */
  moves: number;
}

export class Peers {
  private readonly peers = new Map<string, Peer>();
  private readonly listeners = new Set<() => void>();
  private mine: { clause: string; selection: CursorSelection | null } | null = null;
  private sentAt = 0;
  private timer: number | undefined;
  private readonly pulse: number;
  private readonly heard = (cursor: DraftCursor) => this.moved(cursor);
  private readonly back = () => {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.send(), JOIN_AGAIN_MS);
  };

  constructor(
    private readonly socket: Socket,
    private readonly draftOf: () => string | null,
  ) {
    socket.on("draft_cursor", this.heard);
    socket.on("connect", this.back);
    this.pulse = window.setInterval(() => this.tidy(), TELL_AGAIN_MS);
  }

  in(clause: string): Peer[] {
    return [...this.peers.values()].filter((peer) => peer.clause === clause);
  }

  listen(heard: () => void): () => void {
    this.listeners.add(heard);
    return () => this.listeners.delete(heard);
  }

  /** Where this person's caret is now; null once it has left the text. */
  tell(clause: string, selection: CursorSelection | null): void {
    if (selection === null && this.mine?.clause !== clause) return;
    this.mine = { clause, selection };
    const wait = this.sentAt + LEAST_BETWEEN_MS - Date.now();
    window.clearTimeout(this.timer);
    if (wait <= 0) this.send();
    else this.timer = window.setTimeout(() => this.send(), wait);
  }

  /** Here still, without a caret: whoever has the draft open is seen in it. */
  stay(clause: string): void {
    this.tell(clause, { anchor: READING, head: READING });
  }

  close(): void {
    this.socket.off("draft_cursor", this.heard);
    this.socket.off("connect", this.back);
    window.clearInterval(this.pulse);
    window.clearTimeout(this.timer);
    this.listeners.clear();
  }

  private send(): void {
    const draft = this.draftOf();
    if (draft === null || this.mine === null || !this.socket.connected) return;
    const { clause, selection } = this.mine;
    if (JSON.stringify(selection).length > MOST_BYTES) return;
    this.sentAt = Date.now();
    this.socket.volatile.emit("move_cursor", { draft, clause, selection });
  }

  private moved(cursor: DraftCursor): void {
    if (cursor.draft !== this.draftOf()) return;
    const before = this.peers.get(cursor.peer);
    if (cursor.selection === null) {
      if (!this.peers.delete(cursor.peer)) return;
    } else {
      const { selection } = cursor;
      const same = before?.selection.anchor === selection.anchor && before.selection.head === selection.head;
      const moves = (before?.moves ?? 0) + (same ? 0 : 1);
      this.peers.set(cursor.peer, { ...cursor, selection, seenAt: Date.now(), moves });
      if (before === undefined && this.mine?.selection) this.tell(this.mine.clause, this.mine.selection);
    }
    this.show();
  }

  private tidy(): void {
    if (this.mine?.selection) this.send();
    const limit = Date.now() - FORGET_MS;
    const gone = [...this.peers.values()].filter((peer) => peer.seenAt < limit);
    for (const { peer } of gone) this.peers.delete(peer);
    if (gone.length) this.show();
  }

  private show(): void {
    for (const heard of this.listeners) heard();
  }
}

/** Whether this person's caret stands in the text. */
export function hasCaret({ selection }: Peer): boolean {
  return selection.anchor !== IN_FIELD && selection.anchor !== READING;
}
