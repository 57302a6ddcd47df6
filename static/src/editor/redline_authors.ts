/**
 * Which party typed which characters of the draft, as the shared document itself knows it: each run of it bears the
 * number of the browser that wrote it, and the server says whose that is. Who splits a paragraph or makes a list of it
 * writes its words anew under their own number: seen as it happens, such words stay with who typed them; what happened
 * before this page was opened, the server tells (`know`). What can't be known is nobody's: no letter rather than a wrong
 * one.
 */

import type { Node } from "@tiptap/pm/model";
import * as Y from "yjs";
import { aligned } from "./redline_sequence";
import { numbered, tokensOf } from "./redline_words";

type Client = number;
/** A browser, or the letter of a party when the server told it. */
type Typist = Client | string | null;

/** Characters that a browser wrote anew, from its clock `clock` on, and who had typed each of them. */
interface Carried {
  clock: number;
  typists: Typist[];
}

/** A text of some moment ago, a line for each block, and whose its characters are, in a row. */
export interface Credits {
  text: string;
  runs: readonly (readonly [letter: string | null, characters: number])[];
}

/** Characters of one party; `to` is where they end in their block, `letter` null when nobody knows whose they are. */
export interface Run {
  to: number;
  letter: string | null;
}

const TEXT_BLOCKS = new Set(["paragraph", "heading"]);
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
      for (const [typist, length] of this.handsIn(element)) addRun(runs, this.partyOf(typist), length);
    }
    return (runs.at(-1)?.to ?? 0) === node?.content.size ? runs : [];
  }

  /** What the server knows of words that were here already: it saw them move. */
  know(credits: Credits): void {
    const now = [...charactersOf(this.fragment)];
    const tokens = [tokensOf(credits.text), tokensOf(now.map(({ sign }) => sign).join(""))] as const;
    const letters = lettersOf(credits);
    const ends = tokens.map(endsOf) as [number[], number[]];
    for (const { equal, from, start, end } of aligned(numbered(tokens[0]), numbered(tokens[1]))) {
      if (!equal) continue;
      const shift = (ends[0][from] as number) - (ends[1][start] as number);
      for (let at = ends[1][start] as number; at < (ends[1][end] as number); at += 1) {
        this.credit(now[at] as Character, letters[at + shift] ?? null);
      }
    }
  }

  private credit({ item, offset }: Character, letter: string | null): void {
    if (item === null || this.partyOf(this.typists(item)[offset] ?? null) === letter) return;
    const clock = item.id.clock + offset;
    const known = this.carried.get(item.id.client) ?? [];
    const last = known.at(-1);
    if (last && last.clock + last.typists.length === clock) last.typists.push(letter);
    else known.push({ clock, typists: [letter] });
    this.carried.set(item.id.client, known);
  }

  private partyOf(typist: Typist): string | null {
    return typeof typist === "number" ? this.letterOf(typist) : typist;
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

  private *handsIn(element: Y.XmlElement): Generator<readonly [Typist, number]> {
    for (const child of element.toArray()) {
      if (!(child instanceof Y.XmlText)) yield [child._item?.id.client ?? null, 1];
      else for (const item of stringsIn(child)) yield* this.handsOf(item);
    }
  }

  private *handsOf(item: Y.Item): Generator<readonly [Typist, number]> {
    const { client, clock } = item.id;
    const known = this.carried.get(client)?.some((each) => {
      return each.clock < clock + item.length && clock < each.clock + each.typists.length;
    });
    if (known) for (const typist of this.typists(item)) yield [typist, 1];
    else yield [client, item.length];
  }

  private typists(item: Y.Item): Typist[] {
    const { client, clock } = item.id;
    const typists: Typist[] = Array(item.length).fill(client);
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

  private goneIn(transaction: Y.Transaction): { text: string; typists: Typist[] }[] {
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

/** One character of the text; `item` null for what nobody typed, the end of a block. */
interface Character {
  sign: string;
  item: Y.Item | null;
  offset: number;
}

function* charactersOf(container: Y.XmlFragment): Generator<Character> {
  for (const child of container.toArray()) {
    if (child instanceof Y.XmlText) yield* typedIn(child);
    else if (child instanceof Y.XmlElement) yield* [...charactersOf(child), ...endOf(child)];
  }
}

function* typedIn(block: Y.XmlText): Generator<Character> {
  for (const item of stringsIn(block)) {
    const text = textOf(item);
    for (let offset = 0; offset < text.length; offset += 1) yield { sign: text.charAt(offset), item, offset };
  }
}

function endOf({ nodeName }: Y.XmlElement): Character[] {
  if (nodeName === "hardBreak") return [{ sign: " ", item: null, offset: 0 }];
  return TEXT_BLOCKS.has(nodeName) ? [{ sign: "\n", item: null, offset: 0 }] : [];
}

/** The letter of each character as JavaScript counts them: the server counts a sign beyond U+FFFF for one. */
function lettersOf({ text, runs }: Credits): (string | null)[] {
  const signs = [...text];
  let at = 0;
  return runs.flatMap(([letter, length]) => {
    at += length;
    return Array<string | null>(signs.slice(at - length, at).join("").length).fill(letter);
  });
}

/** Where each token begins, and where the last one ends. */
function endsOf(tokens: readonly string[]): number[] {
  const ends = [0];
  for (const token of tokens) ends.push((ends.at(-1) as number) + token.length);
  return ends;
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
