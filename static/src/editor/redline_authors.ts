/**
 * Which party typed which characters of the draft, as the shared document itself knows it: each run of it bears the
 * number of the browser that wrote it, and the server says whose that is. Who splits a paragraph or makes a list of it
 * writes its words anew under their own number: seen as it happens, such words stay with who typed them. What can't be
 * known is nobody's: no letter rather than a wrong one.
 */

import type { Node } from "@tiptap/pm/model";
import * as Y from "yjs";

type Client = number;

/** Characters that a browser wrote anew, from its clock `clock` on, and who had typed each of them. */
interface Carried {
  clock: number;
  typists: readonly (Client | null)[];
}

/** Characters of one party; `to` is where they end in their block, `letter` null when nobody knows whose they are. */
export interface Run {
  to: number;
  letter: string | null;
}

/** Shorter than this, the same words may well have been typed twice. */
const LEAST_CARRIED = 2;

export class Authors {
  private readonly carried = new Map<Client, Carried[]>();
  private readonly watch = (transaction: Y.Transaction) => this.carry(transaction);

  /** `letterOf`: the party's letter of a browser's number; null when nobody knows. */
  constructor(
    private readonly doc: Y.Doc,
    private readonly fragment: Y.XmlFragment,
    private readonly letterOf: (client: Client) => string | null,
  ) {
    doc.on("afterTransaction", this.watch);
  }

  destroy(): void {
    this.doc.off("afterTransaction", this.watch);
  }

  /** By whom a block of the draft is written, that begins at `pos`: its characters in order, one run for each hand. */
  runsOf(document: Node, pos: number): Run[] {
    const node = document.nodeAt(pos);
    const element = this.elementAt(document, pos);
    const runs: Run[] = [];
    if (node !== null && element?.nodeName === node.type.name) {
      for (const [client, length] of this.handsIn(element))
        addRun(runs, client === null ? null : this.letterOf(client), length);
    }
    return (runs.at(-1)?.to ?? 0) === node?.content.size ? runs : [];
  }

  /** Both trees have the same shape down to the blocks. */
  private elementAt(document: Node, pos: number): Y.XmlElement | null {
    const place = document.resolve(pos);
    let found: unknown = this.fragment;
    for (let depth = 0; depth <= place.depth; depth += 1) {
      if (!(found instanceof Y.XmlFragment)) return null;
      found = found.get(place.index(depth));
    }
    return found instanceof Y.XmlElement ? found : null;
  }

  private *handsIn(element: Y.XmlElement): Generator<readonly [Client | null, number]> {
    for (const child of element.toArray()) {
      if (!(child instanceof Y.XmlText)) yield [child._item?.id.client ?? null, 1];
      else for (const item of stringsIn(child)) yield* this.handsOf(item);
    }
  }

  private *handsOf(item: Y.Item): Generator<readonly [Client | null, number]> {
    const { client, clock } = item.id;
    const known = this.carried.get(client)?.some((each) => {
      return each.clock < clock + item.length && clock < each.clock + each.typists.length;
    });
    if (known) for (const typist of this.typists(item)) yield [typist, 1];
    else yield [client, item.length];
  }

  private typists(item: Y.Item): (Client | null)[] {
    const { client, clock } = item.id;
    const typists: (Client | null)[] = Array(item.length).fill(client);
    for (const known of this.carried.get(client) ?? []) {
      for (const [place, typist] of known.typists.entries()) {
        const at = known.clock + place - clock;
        if (at >= 0 && at < item.length) typists[at] = typist;
      }
    }
    return typists;
  }

  /** Words that one transaction takes away and writes again were moved: they stay with who typed them. */
  private carry(transaction: Y.Transaction): void {
    const written = writtenIn(transaction);
    if (!written.length) return;
    const gone = this.goneIn(transaction);
    for (const item of written) {
      const text = textOf(item);
      if (text.trim().length < LEAST_CARRIED) continue;
      const from = gone.find((each) => each.text.includes(text));
      if (from === undefined) continue;
      const start = from.text.indexOf(text);
      const { client, clock } = item.id;
      const known = this.carried.get(client) ?? [];
      known.push({ clock, typists: from.typists.slice(start, start + text.length) });
      this.carried.set(client, known);
    }
  }

  private goneIn(transaction: Y.Transaction): { text: string; typists: (Client | null)[] }[] {
    const blocks = new Set<Y.XmlText>();
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
      if (struct instanceof Y.Item && struct.parent instanceof Y.XmlText) blocks.add(struct.parent);
    });
    return [...blocks].map((block) => {
      const items = [...itemsIn(block)].filter((item) => Y.isDeleted(transaction.deleteSet, item.id));
      return { text: items.map(textOf).join(""), typists: items.flatMap((item) => this.typists(item)) };
    });
  }
}

function addRun(runs: Run[], letter: string | null, length: number): void {
  const last = runs.at(-1);
  if (last?.letter === letter) last.to += length;
  else runs.push({ to: (last?.to ?? 0) + length, letter });
}

function writtenIn({ beforeState, afterState, doc }: Y.Transaction): Y.Item[] {
  const written: Y.Item[] = [];
  for (const [client, clock] of afterState) {
    const before = beforeState.get(client) ?? 0;
    if (before === clock) continue;
    const structs = doc.store.clients.get(client) ?? [];
    for (let place = structs.length - 1; place >= 0; place -= 1) {
      const struct = structs[place] as Y.Item | Y.GC;
      if (struct.id.clock + struct.length <= before) break;
      if (struct instanceof Y.Item && !struct.deleted && struct.content instanceof Y.ContentString)
        written.push(struct);
    }
  }
  return written;
}

function* stringsIn(text: Y.XmlText): Generator<Y.Item> {
  for (const item of itemsIn(text)) if (!item.deleted) yield item;
}

function* itemsIn(text: Y.XmlText): Generator<Y.Item> {
  for (let item = text._start; item !== null; item = item.right) {
    if (item.content instanceof Y.ContentString) yield item;
  }
}

function textOf({ content }: Y.Item): string {
  return content instanceof Y.ContentString ? content.str : "";
}
