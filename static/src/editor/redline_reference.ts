/** What a clause's draft is compared with: the agreed text, the tabled one, else the text it started from. */

import type { Node, Schema } from "@tiptap/pm/model";
import { yXmlFragmentToProseMirrorRootNode } from "@tiptap/y-tiptap";
import type { Socket } from "socket.io-client";
import * as Y from "yjs";
import type { PageChange } from "../page/refresh";
import type { DraftSync } from "./draft_sync";
import { ask, toBytes } from "./protocol";
import type { Credits } from "./redline_authors";
import { fragmentName } from "./texts";

export type ReferenceName = "agreed" | "tabled" | "start";

interface SentReference {
  /** Of the version; null for a text that nobody ever tabled. */
  number: number | null;
  update: string;
  /** As the field of the value shows it; empty for none. */
  value: string;
}

interface SentReferences {
  references: Partial<Record<ReferenceName, SentReference>>;
  /** Letters of the parties by the numbers of their browsers. */
  writers: Record<string, string>;
  /** Short names by letter. */
  parties: Record<string, string>;
  /** Who wrote the text of some moment ago; null where nobody counts it. */
  credits: Credits | null;
}

const RETRY_MS = 2000;
const GATHER_MS = 150;

export class References {
  private sent: SentReferences | null = null;
  private readonly documents = new Map<ReferenceName, { from: string; node: Node }>();
  private readonly unknown = new Set<number>();
  private readonly listeners = new Set<() => void>();
  private timer: number | undefined;
  private readonly moved = ({ detail }: CustomEvent<PageChange>) => {
    if (!detail.clause || detail.clause === this.clause) this.askSoon(GATHER_MS);
  };
  private readonly back = () => this.askSoon(GATHER_MS);

  constructor(
    private readonly socket: Socket,
    private readonly sync: DraftSync,
    private readonly clause: string,
  ) {
    document.addEventListener("navette:changed", this.moved);
    socket.on("connect", this.back);
    this.askSoon(0);
  }

  destroy(): void {
    document.removeEventListener("navette:changed", this.moved);
    this.socket.off("connect", this.back);
    window.clearTimeout(this.timer);
    this.listeners.clear();
  }

  listen(heard: () => void): void {
    this.listeners.add(heard);
  }

  get isKnown(): boolean {
    return this.sent !== null;
  }

  /** In the order in which they are offered. */
  get names(): ReferenceName[] {
    return (["agreed", "tabled", "start"] as const).filter((name) => this.sent?.references[name]);
  }

  numberOf(name: ReferenceName): number | null {
    return this.sent?.references[name]?.number ?? null;
  }

  valueOf(name: ReferenceName): string {
    return this.sent?.references[name]?.value ?? "";
  }

  /** The same node as long as it is the same text. */
  document(name: ReferenceName, schema: Schema): Node | null {
    const sent = this.sent?.references[name];
    if (!sent) return null;
    const known = this.documents.get(name);
    if (known?.from === sent.update && known.node.type.schema === schema) return known.node;
    const doc = new Y.Doc();
    Y.applyUpdate(doc, toBytes(sent.update));
    const node = yXmlFragmentToProseMirrorRootNode(doc.getXmlFragment(fragmentName(this.clause)), schema);
    this.documents.set(name, { from: sent.update, node });
    return node;
  }

  /** The letter of who writes under this number. One that came since is asked for. */
  letterOf(client: number): string | null {
    if (client === this.sync.doc.clientID) return this.sync.me?.letter ?? null;
    const letter = this.sent?.writers[client] ?? null;
    if (letter === null && this.sent !== null && !this.unknown.has(client)) {
      this.unknown.add(client);
      this.askSoon(GATHER_MS);
    }
    return letter;
  }

  get credits(): Credits | null {
    return this.sent?.credits ?? null;
  }

  partyOf(letter: string): string | null {
    return this.sent?.parties[letter] ?? null;
  }

  private askSoon(delayMs: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), delayMs);
  }

  private async ask(): Promise<void> {
    const order = { draft: this.sync.draft, clause: this.clause };
    if (order.draft === null) return this.askSoon(RETRY_MS);
    const reply = await ask<SentReferences>(this.socket, "read_references", order);
    if (reply === null) {
      if (this.socket.connected) this.askSoon(RETRY_MS);
      return;
    }
    // Refused: what could be read is still true; without it the text is written all the same, unmarked.
    if (!reply.ok) return;
    this.sent = reply;
    for (const heard of this.listeners) heard();
  }
}
