/** What differs between a text of reference and the draft, as places of the draft and the words that stood there. */

import type { Fragment, Node } from "@tiptap/pm/model";
import { placeFor } from "./redline_places";
import { depthOf, isRow, type Pair, paired, type TextBlock, type Unit, type Words } from "./redline_units";
import { compared, type Segment, tokensOf, wordCount } from "./redline_words";

interface Place {
  /** In the draft, at the moment of the comparison. */
  from: number;
  to: number;
}

/** Words put, taken away or replaced within a block. `back` is what stood there, with its formatting. */
export interface WordChange extends Place {
  kind: "words" | "format";
  deleted: string;
  inserted: string;
  back: Fragment;
}

/** A unit that came, or that became another kind of unit. */
export interface UnitChange extends Place {
  kind: "added" | "remade";
  unit: Unit;
  /** What it was; null when it wasn't there. */
  before: Unit | null;
  /** « titre devenu paragraphe »; empty when it came. */
  note: string;
  moved: boolean;
}

/** A unit that went. It stood after `after` and before `next`, units of the draft; null at either end. */
export interface RemovedUnit extends Place {
  kind: "removed";
  before: Unit;
  after: Unit | null;
  next: Unit | null;
  moved: boolean;
}

export type Change = WordChange | UnitChange | RemovedUnit;

const NAMES: Record<Unit["kind"], string> = {
  paragraph: "paragraphe",
  heading: "titre",
  bullet: "élément de liste",
  numbered: "élément numéroté",
  header: "ligne d’en-tête",
  row: "ligne de tableau",
  rule: "filet",
};

export function nameOf({ kind }: Unit): string {
  return NAMES[kind];
}

export function textOf({ blocks }: Unit): string {
  return blocks.map(({ words }) => words.text).join(" | ");
}

/** Words of a text, as the announcements count them. */
export function countWords(text: string): number {
  return wordCount(tokensOf(text));
}

/** Compares one draft with one reference as often as it is asked; blocks that stay are not compared again. */
export class Comparison {
  private readonly found = new WeakMap<Node, { other: Node; pos: number; changes: WordChange[] }>();
  private readonly segments = new WeakMap<Words, { other: Words; found: Segment[] }>();

  constructor(private readonly reference: readonly Unit[]) {}

  changes(draft: readonly Unit[]): Change[] {
    const pairs = paired(this.reference, draft);
    const moved = movedTexts(pairs);
    const nexts = nextInDraft(pairs);
    const found: Change[] = [];
    let after: Unit | null = null;
    for (const [place, [old, now]] of pairs.entries()) {
      if (old && now) found.push(...this.both(old, now));
      else if (now) found.push(added(now, moved.has(textOf(now))));
      else if (old) found.push(removed(old, after, nexts[place] ?? null, moved.has(textOf(old))));
      after = now ?? after;
    }
    return found;
  }

  private both(old: Unit, now: Unit): Change[] {
    const note = noteOf(old, now);
    const here = { from: now.pos, to: now.pos + now.whole.nodeSize };
    const remade: Change[] = note ? [{ kind: "remade", ...here, unit: now, before: old, note, moved: false }] : [];
    return [...remade, ...now.blocks.flatMap((block, cell) => this.inBlock(old.blocks[cell] as TextBlock, block))];
  }

  /** Changes of one block, found once for as long as both blocks stay; their places are moved with it. */
  private inBlock(old: TextBlock, now: TextBlock): WordChange[] {
    const known = this.found.get(now.node);
    const same = known?.other === old.node ? known : { other: old.node, pos: now.pos, changes: this.look(old, now) };
    this.found.set(now.node, same);
    const shift = now.pos - same.pos;
    return shift === 0
      ? same.changes
      : same.changes.map((one) => ({ ...one, from: one.from + shift, to: one.to + shift }));
  }

  private look(old: TextBlock, now: TextBlock): WordChange[] {
    if (old.node.content.eq(now.node.content)) return [];
    const changes: WordChange[] = [];
    let oldAt = 0;
    let nowAt = now.pos + 1;
    for (const { kept, deleted, inserted } of this.compared(old.words, now.words)) {
      const [same, gone, come] = [kept, deleted, inserted].map((tokens) => tokens.join("")) as [string, string, string];
      if (same) changes.push(...reformatted(old.node, oldAt, now, nowAt, same));
      else {
        const back = old.node.content.cut(oldAt, oldAt + gone.length);
        changes.push({ kind: "words", from: nowAt, to: nowAt + come.length, deleted: gone, inserted: come, back });
      }
      oldAt += same.length + gone.length;
      nowAt += same.length + come.length;
    }
    return changes;
  }

  private compared(old: Words, now: Words): Segment[] {
    if (old === now || old.text === now.text) return [{ kept: now.tokens, deleted: [], inserted: [] }];
    const known = this.segments.get(now);
    if (known?.other === old) return known.found;
    const found = compared(old.tokens, now.tokens);
    this.segments.set(now, { other: old, found });
    return found;
  }
}

function added(unit: Unit, moved: boolean): UnitChange {
  return { kind: "added", from: unit.pos, to: unit.pos + unit.whole.nodeSize, unit, before: null, note: "", moved };
}

function removed(before: Unit, after: Unit | null, next: Unit | null, moved: boolean): RemovedUnit {
  const { at } = placeFor(before, after, next);
  return { kind: "removed", from: at, to: at, before, after, next, moved };
}

/** For each pair, the first unit of the draft that comes after it. */
function nextInDraft(pairs: readonly Pair[]): (Unit | null)[] {
  const nexts: (Unit | null)[] = [];
  let next: Unit | null = null;
  for (let place = pairs.length - 1; place >= 0; place -= 1) {
    nexts[place] = next;
    next = pairs[place]?.[1] ?? next;
  }
  return nexts;
}

/** Gone here, come there, with the same words: it was moved, and both places say so. */
function movedTexts(pairs: readonly Pair[]): Set<string> {
  const gone = new Set(pairs.flatMap(([old, now]) => (old && !now ? [textOf(old)] : [])));
  return new Set(pairs.flatMap(([old, now]) => (now && !old && gone.has(textOf(now)) ? [textOf(now)] : [])));
}

function noteOf(old: Unit, now: Unit): string {
  if (isRow(now) || now.kind === "rule") return "";
  if (old.kind !== now.kind) return `${nameOf(old)} devenu ${nameOf(now)}`;
  const [was, is] = [old, now].map(({ blocks }) => blocks[0]?.node.attrs.level);
  if (was !== is) return "niveau de titre modifié";
  if (quotes(old) !== quotes(now)) return quotes(now) ? "mis en citation" : "sorti de la citation";
  return depthOf(old) !== depthOf(now) ? "niveau de liste modifié" : "";
}

function quotes({ around }: Unit): number {
  return around.filter(({ type }) => type.name === "blockquote").length;
}

/** Where the same words wear other marks: one change for each stretch. */
function reformatted(old: Node, oldAt: number, now: TextBlock, nowAt: number, text: string): WordChange[] {
  const inside = nowAt - now.pos - 1;
  const before = old.content.cut(oldAt, oldAt + text.length);
  const after = now.node.content.cut(inside, inside + text.length);
  if (before.eq(after)) return [];
  const changes: WordChange[] = [];
  for (const { from, to } of unlikeMarks(before, after)) {
    const words = text.slice(from, to);
    if (!words.trim()) continue;
    const last = changes.at(-1);
    if (last && last.to === nowAt + from) {
      last.to = nowAt + to;
      last.deleted = last.inserted = last.inserted + words;
      last.back = last.back.append(before.cut(from, to));
    } else {
      const place = { from: nowAt + from, to: nowAt + to };
      changes.push({ kind: "format", ...place, deleted: words, inserted: words, back: before.cut(from, to) });
    }
  }
  return changes;
}

/** Both fragments hold the same characters: the stretches where their marks differ, as offsets. */
function* unlikeMarks(before: Fragment, after: Fragment): Generator<Place> {
  const [lefts, rights] = [edges(before), edges(after)];
  let [i, j, at] = [0, 0, 0];
  while (i < lefts.length && j < rights.length) {
    const left = lefts[i] as Edge;
    const right = rights[j] as Edge;
    const to = Math.min(left.end, right.end);
    if (left.node.marks.length !== right.node.marks.length || !sameMarks(left.node, right.node)) yield { from: at, to };
    at = to;
    if (left.end === to) i += 1;
    if (right.end === to) j += 1;
  }
}

interface Edge {
  node: Node;
  end: number;
}

function edges(fragment: Fragment): Edge[] {
  const found: Edge[] = [];
  fragment.forEach((node, offset) => {
    found.push({ node, end: offset + node.nodeSize });
  });
  return found;
}

function sameMarks(one: Node, other: Node): boolean {
  return one.marks.every((mark) => mark.isInSet(other.marks));
}
