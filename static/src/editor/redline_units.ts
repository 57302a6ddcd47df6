/**
 * A text cut into what can be taken or left whole (paragraph, heading, list item, table row, rule), and the units of two
 * texts laid side by side, as the server does it (negotiation/rules/redline_units.py).
 */

import type { Node } from "@tiptap/pm/model";
import { aligned, likeness } from "./redline_sequence";
import { isWord, LIKENESS, numbered, tokensOf } from "./redline_words";

export type UnitKind = "paragraph" | "heading" | "bullet" | "numbered" | "header" | "row" | "rule";

/** A block of text: a paragraph, a heading, the paragraph of a cell. `pos` is where it begins in its document. */
export interface TextBlock {
  node: Node;
  pos: number;
  words: Words;
}

export interface Unit {
  kind: UnitKind;
  /** What comes and goes with the unit: the item for the first paragraph of an item, the row, else the block itself. */
  whole: Node;
  pos: number;
  /** One block, or one for each cell of a row; none for a rule. */
  blocks: readonly TextBlock[];
  /** What the whole stands in, from the document down, and where each of these begins. */
  around: readonly Node[];
  starts: readonly number[];
  key: number;
}

/** One text, cut once for as long as it stands somewhere; what it was compared with is kept beside it. */
export interface Words {
  text: string;
  tokens: readonly string[];
  ids: readonly number[];
  likenessTo: WeakMap<Words, number>;
}

export type Pair = readonly [Unit | null, Unit | null];

const MOST_PAIRS = 40_000;
const LISTS = new Set(["bulletList", "orderedList"]);

/**
 * Cuts documents into units. Texts that stay from one cut to the next are not read again: the binding to the shared
 * document makes new nodes of everything at each remote edit, so texts are known by their characters, not by their node.
 */
export class Cutter {
  private known = new Map<string, Words>();
  private met = new Map<string, Words>();

  units(document: Node): Unit[] {
    this.met = new Map();
    const units: Unit[] = [];
    this.cut(document, 0, { around: [document], starts: [-1] }, units);
    this.known = this.met;
    return units;
  }

  private cut(parent: Node, inside: number, within: Within, units: Unit[]): void {
    parent.forEach((node, offset) => {
      const pos = inside + offset;
      if (node.isTextblock) this.add(units, unit(kindOf(node), node, pos, within, [this.block(node, pos)]));
      else if (node.type.name === "horizontalRule") units.push(unit("rule", node, pos, within, []));
      else if (node.type.name === "tableRow") this.add(units, this.row(node, pos, within));
      else if (node.type.name === "listItem") this.item(node, pos, within, units);
      else this.cut(node, pos + 1, deeper(within, node, pos), units);
    });
  }

  /** The first paragraph of an item is the item. */
  private item(item: Node, pos: number, within: Within, units: Unit[]): void {
    const before = units.length;
    this.cut(item, pos + 1, deeper(within, item, pos), units);
    const own = units[before];
    if (own === undefined || own.pos !== pos + 1 || !own.whole.isTextblock) return;
    const kind = within.around.at(-1)?.type.name === "orderedList" ? "numbered" : "bullet";
    units[before] = unit(own.kind === "heading" ? "heading" : kind, item, pos, within, own.blocks);
  }

  private row(row: Node, pos: number, within: Within): Unit {
    const blocks: TextBlock[] = [];
    row.forEach((cell, offset) => {
      if (cell.firstChild) blocks.push(this.block(cell.firstChild, pos + offset + 2));
    });
    return unit(row.firstChild?.type.name === "tableHeader" ? "header" : "row", row, pos, within, blocks);
  }

  private block(node: Node, pos: number): TextBlock {
    const text = node.textBetween(0, node.content.size, "", "\n");
    const words = this.met.get(text) ?? this.known.get(text) ?? wordsOf(text);
    this.met.set(text, words);
    return { node, pos, words };
  }

  /** A block without words is nothing: it has no Markdown either. A row has its place all the same. */
  private add(units: Unit[], found: Unit): void {
    if (isRow(found) || found.blocks.some(({ words }) => words.text.trim())) units.push(found);
  }
}

type Within = Pick<Unit, "around" | "starts">;

function deeper({ around, starts }: Within, node: Node, pos: number): Within {
  return { around: [...around, node], starts: [...starts, pos] };
}

/** Both lists in one order: equal units first, then the likest of what stands between them. */
export function paired(before: readonly Unit[], after: readonly Unit[]): Pair[] {
  const keys = [before, after].map((units) => units.map(({ key }) => key)) as [number[], number[]];
  return aligned(...keys).flatMap(({ equal, from, to, start, end }) => {
    const olds = before.slice(from, to);
    const news = after.slice(start, end);
    return equal ? olds.map((old, place): Pair => [old, news[place] as Unit]) : pairedByLikeness(olds, news);
  });
}

export function isRow({ kind }: Unit): boolean {
  return kind === "row" || kind === "header";
}

/** How many lists the unit stands in, its own not counted. */
export function depthOf({ kind, around }: Unit): number {
  const lists = around.filter(({ type }) => LISTS.has(type.name)).length;
  return kind === "bullet" || kind === "numbered" ? lists - 1 : lists;
}

function unit(kind: UnitKind, whole: Node, pos: number, within: Within, blocks: readonly TextBlock[]): Unit {
  const texts = blocks.map(({ words }) => words.text).join("\u0000");
  // A row never stands for a paragraph of the same words; a heading may.
  const apart = kind === "row" || kind === "header" || kind === "rule" ? kind : "";
  const [key] = numbered([`${apart}\u0001${texts}`]);
  return { kind, whole, pos, blocks, ...within, key: key as number };
}

function kindOf(node: Node): UnitKind {
  return node.type.name === "heading" ? "heading" : "paragraph";
}

function wordsOf(text: string): Words {
  const tokens = tokensOf(text);
  return { text, tokens, ids: numbered(tokens.filter(isWord)), likenessTo: new WeakMap() };
}

function pairedByLikeness(before: readonly Unit[], after: readonly Unit[]): Pair[] {
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  for (const [nextI, nextJ] of [...likest(before, after), [before.length, after.length] as const]) {
    pairs.push(...unlike(before.slice(i, nextI), after.slice(j, nextJ)));
    const old = before[nextI];
    if (old) pairs.push([old, after[nextJ] as Unit]);
    i = nextI + 1;
    j = nextJ + 1;
  }
  return pairs;
}

function unlike(before: readonly Unit[], after: readonly Unit[]): Pair[] {
  const [old] = before;
  const [now] = after;
  if (old && now && before.length === 1 && after.length === 1 && mayReplace(old, now)) return [[old, now]];
  const deleted = before.map((each): Pair => [each, null]);
  const inserted = after.map((each): Pair => [null, each]);
  // Deeper items go with what stands above, not under an item that goes away.
  return old && now && depthOf(now) > depthOf(old) ? [...inserted, ...deleted] : [...deleted, ...inserted];
}

/** Without a word in common, but at the same place: one change to decide, not two. */
function mayReplace(one: Unit, other: Unit): boolean {
  return one.kind === other.kind && depthOf(one) === depthOf(other) && mayPair(one, other);
}

function mayPair(one: Unit, other: Unit): boolean {
  // Rows of another width have no cell to compare with: the row is replaced.
  if (isRow(one) || isRow(other)) return one.kind === other.kind && one.blocks.length === other.blocks.length;
  return (one.kind === "rule") === (other.kind === "rule");
}

/** The increasing pairs of places with the highest sum of likeness, each above `LIKENESS`. */
function likest(before: readonly Unit[], after: readonly Unit[]): [number, number][] {
  if (!before.length || !after.length) return [];
  const band = Math.max(3, Math.floor(MOST_PAIRS / before.length));
  const scores: Map<number, number>[] = [];
  const best: number[][] = [Array(after.length + 1).fill(0)];
  for (const [i, old] of before.entries()) {
    const middle = Math.floor((i * after.length) / before.length);
    const first = Math.max(0, middle - (band >> 1));
    const last = Math.min(after.length, middle + (band >> 1) + 1);
    const above = best[i] as number[];
    const row: number[] = [0];
    const found = new Map<number, number>();
    for (const [j, now] of after.entries()) {
      const score = j >= first && j < last ? likenessOf(old, now) : 0;
      if (score > LIKENESS) found.set(j, score);
      row.push(Math.max(score > LIKENESS ? (above[j] as number) + score : 0, above[j + 1] as number, row[j] as number));
    }
    best.push(row);
    scores.push(found);
  }
  return walkedBack(best, scores);
}

function walkedBack(best: readonly number[][], scores: readonly Map<number, number>[]): [number, number][] {
  const at = (i: number, j: number) => (best[i] as number[])[j] as number;
  const pairs: [number, number][] = [];
  let i = scores.length;
  let j = (best[0] as number[]).length - 1;
  while (i > 0 && j > 0 && at(i, j) > 0) {
    if (at(i, j) === at(i - 1, j)) i -= 1;
    else if (at(i, j) === at(i, j - 1)) j -= 1;
    else {
      i -= 1;
      j -= 1;
      pairs.push([i, j]);
    }
  }
  return pairs.reverse();
}

function likenessOf(one: Unit, other: Unit): number {
  if (!mayPair(one, other)) return 0;
  const [first] = one.blocks;
  const [second] = other.blocks;
  if (one.blocks.length !== 1 || other.blocks.length !== 1 || !first || !second) {
    const [left, right] = [one, other].map(({ blocks }) => blocks.flatMap(({ words }) => words.ids));
    return likeness(left as number[], right as number[], LIKENESS);
  }
  const known = first.words.likenessTo.get(second.words);
  if (known !== undefined) return known;
  const found = likeness(first.words.ids, second.words.ids, LIKENESS);
  first.words.likenessTo.set(second.words, found);
  return found;
}
