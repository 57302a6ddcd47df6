/**
 * Changes drawn over the draft: decorations only, so nothing of it is in the document, in a copy, or under the caret.
 * What went is written by the style sheet from an attribute, as the others' carets are.
 */

import type { Node } from "@tiptap/pm/model";
import { Decoration, DecorationSet } from "@tiptap/pm/view";
import { partySign } from "./carets";
import type { Run } from "./redline_authors";
import { type Change, nameOf, type RemovedUnit, textOf, type UnitChange, type WordChange } from "./redline_changes";
import { placeFor } from "./redline_places";
import type { TextBlock } from "./redline_units";

type Attributes = Record<string, string>;
/** Who wrote the block that begins at a place. */
export type Letters = (block: number) => readonly Run[];

/** Characters of one party, as places of the draft. */
interface Stretch extends Run {
  from: number;
}

export function drawn(draft: Node, changes: readonly Change[], current: number | null, letters: Letters) {
  const order = { block: -1, runs: 0 };
  const decorations = changes.flatMap((change, place) => {
    const mark = place === current ? " change-current" : "";
    switch (change.kind) {
      case "words":
        return words(draft, change, { mark, letters, order });
      case "format":
        return [inline(change.from, change.to, { class: `reformatted${mark}` })];
      case "removed":
        return [removed(change, mark)];
      default:
        return unit(draft, change, { mark, letters, order });
    }
  });
  return DecorationSet.create(draft, decorations);
}

/** The party that typed a change, when it is one party. */
export function authorOf(draft: Node, change: Change, letters: Letters): string | null {
  const runs =
    change.kind === "words"
      ? runsOf(draft, change, letters)
      : change.kind === "added"
        ? change.unit.blocks.flatMap((block) => runsOf(draft, insideOf(block), letters))
        : [];
  const found = new Set(runs.map(({ letter }) => letter));
  return found.size === 1 ? ([...found][0] ?? null) : null;
}

interface Drawing {
  mark: string;
  letters: Letters;
  /** How many runs were drawn in the block that is being drawn. */
  order: { block: number; runs: number };
}

function words(draft: Node, change: WordChange, drawing: Drawing): Decoration[] {
  const { mark } = drawing;
  const decorations = change.inserted ? inserted(draft, change, drawing) : [];
  if (change.deleted) decorations.push(gone(change.from, () => struck(change.deleted, mark), change.deleted + mark));
  return decorations;
}

function inserted(draft: Node, change: { from: number; to: number }, { mark, letters, order }: Drawing): Decoration[] {
  const block = draft.resolve(change.from).start();
  if (order.block !== block) [order.block, order.runs] = [block, 0];
  return runsOf(draft, change, letters).flatMap((run) => {
    const party: Attributes = run.letter === null ? {} : { "data-party": partySign(run.letter) };
    // A caret, a selection or a word that was found cuts a run too: the style sheet knows its pieces by this.
    order.runs += 1;
    const attributes = { nodeName: "ins", class: `live-ins${mark}`, ...party, "data-run": String(order.runs % 2) };
    // Formatting cuts a run into pieces: the letter stands after the last one only.
    const last = lastPieceOf(draft, run);
    const signed = run.letter === null ? attributes : { ...attributes, "data-letter": run.letter };
    const pieces = [inline(last, run.to, signed)];
    if (last > run.from) pieces.unshift(inline(run.from, last, attributes));
    return pieces;
  });
}

function unit(draft: Node, change: UnitChange, drawing: Drawing): Decoration[] {
  const { mark, letters } = drawing;
  const { unit: changed, from, to, note, moved } = change;
  const author = authorOf(draft, change, letters);
  const party: Attributes = author === null ? {} : { "data-party": partySign(author) };
  const kind = change.kind === "added" ? "unit-came" : "unit-remade";
  const said = moved ? "passage déplacé" : note;
  const whole = Decoration.node(from, to, { class: `${kind}${mark}`, "data-note": said, ...party });
  if (change.kind === "remade") return [whole];
  const blocks = changed.blocks.filter(({ node }) => node.content.size > 0);
  return [whole, ...blocks.flatMap((block) => inserted(draft, insideOf(block), drawing))];
}

function removed({ before, after, next, from, moved }: RemovedUnit, mark: string): Decoration {
  const { parent } = placeFor(before, after, next);
  const text = textOf(before);
  const make = () => {
    const note = moved ? "passage déplacé" : "";
    const cells = before.blocks.map(({ words: { text: cell } }) => cell);
    if (parent?.type.name === "table") return struckRow(cells, mark, note);
    const inList = parent?.type.name === "bulletList" || parent?.type.name === "orderedList";
    const line = document.createElement(inList ? "li" : "p");
    line.className = "unit-went";
    line.dataset.note = note || (before.kind === "rule" ? `${nameOf(before)} supprimé` : "");
    line.setAttribute("aria-hidden", "true");
    line.append(struck(text, mark));
    return line;
  };
  return gone(from, make, `${before.kind}:${parent?.type.name}:${moved}:${text}${mark}`);
}

function struck(text: string, mark: string): HTMLElement {
  const element = document.createElement("del");
  element.className = `live-del${mark}`;
  element.dataset.words = text;
  element.setAttribute("aria-hidden", "true");
  return element;
}

function struckRow(cells: readonly string[], mark: string, note: string): HTMLElement {
  const row = document.createElement("tr");
  row.className = "unit-went";
  row.setAttribute("aria-hidden", "true");
  for (const text of cells) {
    const cell = document.createElement("td");
    cell.append(struck(text, mark));
    row.append(cell);
  }
  row.dataset.note = note;
  return row;
}

/** `name`: what it looks like; a mark of the same name needn't be drawn anew. */
function gone(at: number, make: () => HTMLElement, name: string): Decoration {
  return Decoration.widget(at, make, { key: `gone:${name}`, side: -1, marks: [], ignoreSelection: true });
}

function inline(from: number, to: number, attributes: Attributes): Decoration {
  return Decoration.inline(from, to, attributes, { inclusiveEnd: true });
}

/** The characters of a change, by whose they are; a word is whole. */
function runsOf(draft: Node, { from, to }: { from: number; to: number }, letters: Letters): Stretch[] {
  const place = draft.resolve(from);
  const start = place.start();
  const owners = letters(place.before());
  const text = place.parent.textBetween(from - start, to - start, "", "\n");
  const runs: Stretch[] = [];
  let at = from;
  for (const piece of text.match(/\S+|\s+/gu) ?? []) {
    const letter = ownerOf(owners, at - start, at - start + piece.length);
    const last = runs.at(-1);
    if (last && (last.letter === letter || piece.trim() === "")) last.to = at + piece.length;
    else runs.push({ from: at, to: at + piece.length, letter });
    at += piece.length;
  }
  // The letter stands after the last word: a space before other words comes after it.
  const last = runs.at(-1);
  if (last && to < place.end()) last.to = Math.max(last.from + 1, from + text.trimEnd().length);
  return runs;
}

/** Who typed most of the letters from one place to another; nobody when two typed as many (as the server has it). */
function ownerOf(owners: readonly Run[], from: number, to: number): string | null {
  const shares = new Map<string | null, number>();
  let start = 0;
  for (const run of owners) {
    const typed = Math.min(run.to, to) - Math.max(start, from);
    if (typed > 0) shares.set(run.letter, (shares.get(run.letter) ?? 0) + typed);
    start = run.to;
  }
  const most = Math.max(0, ...shares.values());
  const first = [...shares].filter(([, typed]) => typed === most);
  return first.length === 1 ? (first[0]?.[0] ?? null) : null;
}

function lastPieceOf(draft: Node, { from, to }: Stretch): number {
  const place = draft.resolve(to);
  const { nodeBefore } = place;
  return Math.max(from, to - (nodeBefore?.nodeSize ?? 0));
}

function insideOf({ node, pos }: TextBlock): { from: number; to: number } {
  return { from: pos + 1, to: pos + 1 + node.content.size };
}
