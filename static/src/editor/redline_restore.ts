/** « Rétablir »: the words of the reference put back in place of a change, as one edit of the person's own. */

import { Fragment, type Node } from "@tiptap/pm/model";
import type { Transaction } from "@tiptap/pm/state";
import type { Change, RemovedUnit, UnitChange, WordChange } from "./redline_changes";
import { alone, placeFor, splitsItem } from "./redline_places";
import { depthOf, isRow, type Unit } from "./redline_units";

/** How the schema says no. */
const REFUSALS = new Set(["RangeError", "ReplaceError", "TransformError"]);

/** False when the text has no place for it any more; nothing is changed then. */
export function restore(transaction: Transaction, change: Change, draft: readonly Unit[]): boolean {
  try {
    if ("back" in change) putBack(transaction, change);
    else if (change.kind === "added") takeAway(transaction, change.unit);
    else if (change.kind === "removed") bringBack(transaction, change);
    else remake(transaction, change, draft);
    transaction.doc.check();
    return !transaction.doc.eq(transaction.before);
  } catch (problem) {
    if (problem instanceof Error && REFUSALS.has(problem.name)) return false;
    throw problem;
  }
}

function putBack(transaction: Transaction, { from, to, back }: WordChange): void {
  transaction.replaceWith(from, to, back);
}

function bringBack(transaction: Transaction, { before, after, next }: RemovedUnit): void {
  if (after && splitsItem(before, after, next)) {
    const own = alone(before);
    const inside = after.whole.children.slice(1);
    const items = [alone(after), own.copy(own.content.append(Fragment.from(inside)))];
    transaction.replaceWith(after.pos, after.pos + after.whole.nodeSize, items);
    return;
  }
  if (after && next && headsRows(transaction, before, after, next)) return;
  const { at, node, cut } = placeFor(before, after, next);
  const { firstChild, childCount } = transaction.doc;
  const isEmpty = childCount === 1 && firstChild?.isTextblock && firstChild.content.size === 0;
  if (isEmpty) transaction.replaceWith(0, transaction.doc.content.size, node);
  else putAt(transaction, at, node, cut);
}

/** A header among the rows of one table: those that follow it were its own, and are again. */
function headsRows(transaction: Transaction, before: Unit, after: Unit, next: Unit): boolean {
  const table = next.around.at(-1);
  const isAmong =
    before.kind === "header" && isRow(after) && next.kind === "row" && after.starts.at(-1) === next.starts.at(-1);
  if (!isAmong || table?.firstChild?.childCount !== before.whole.childCount) return false;
  const place = transaction.doc.resolve(next.pos).index();
  const rows = [table.children.slice(0, place), [before.whole, ...table.children.slice(place)]];
  const start = next.starts.at(-1) as number;
  const tables = rows.map((each) => table.copy(Fragment.from(each)));
  transaction.replaceWith(start, start + table.nodeSize, tables);
  return true;
}

function putAt(transaction: Transaction, at: number, node: Node, cut = 0): void {
  if (cut) transaction.split(at, cut);
  transaction.insert(at + cut, node);
}

function takeAway(transaction: Transaction, { pos, whole }: Pick<Unit, "pos" | "whole">): void {
  if (whole.type.name === "listItem" && whole.childCount > 1) {
    transaction.replaceWith(pos, pos + whole.nodeSize, inItsPlace(whole));
    return;
  }
  const place = transaction.doc.resolve(pos);
  let depth = place.depth;
  let [from, to] = [pos, pos + whole.nodeSize];
  // What held nothing else goes with it.
  while (depth > 0 && place.node(depth).childCount === 1) {
    [from, to] = [place.before(depth), place.after(depth)];
    depth -= 1;
  }
  const isAll = depth === 0 && place.node(0).childCount === 1;
  if (isAll) transaction.replaceWith(from, to, whole.type.schema.node("paragraph"));
  else transaction.delete(from, to);
}

/** What stood under an item that goes: its items take its place, or its next paragraph does. */
function inItsPlace(item: Node): Fragment {
  const rest = item.children.slice(1);
  if (rest.every(({ type }) => type.name === "bulletList" || type.name === "orderedList")) {
    return Fragment.from(rest.flatMap(({ children }) => children));
  }
  const isLed = rest[0]?.type.name === "paragraph";
  return Fragment.from(item.copy(Fragment.from(isLed ? rest : [item.type.schema.node("paragraph"), ...rest])));
}

/** The words as they are now, in what they stood in then. */
function remake(transaction: Transaction, { unit, before }: UnitChange, draft: readonly Unit[]): void {
  const block = unit.blocks[0]?.node;
  const former = before?.blocks[0]?.node;
  if (!before || !block || !former) return;
  const sameAround = before.around.length === unit.around.length && before.whole.isTextblock === unit.whole.isTextblock;
  if (
    sameAround &&
    unit.whole.isTextblock &&
    before.around.every((each, depth) => each.type === unit.around[depth]?.type)
  ) {
    transaction.setNodeMarkup(unit.pos, former.type, former.attrs);
    return;
  }
  if (liftOut(transaction, unit, before)) return;
  const place = draft.findIndex(({ pos }) => pos === unit.pos);
  const words = former.copy(block.content);
  const whole = before.whole.isTextblock ? words : before.whole.copy(Fragment.from(words));
  const { at, node, cut } = placeFor({ ...before, whole }, draft[place - 1] ?? null, draft[place + 1] ?? null);
  putAt(transaction, at, node, cut);
  takeAway(transaction, { pos: transaction.mapping.map(unit.pos, 1), whole: unit.whole });
}

/** An item goes back one list up, after the item that holds it; what followed it there stays under it. */
function liftOut(transaction: Transaction, unit: Unit, before: Unit): boolean {
  const { around, starts, pos, whole } = unit;
  const [list, holder] = [around.at(-1), around.at(-2)];
  if (!list || holder?.type.name !== "listItem" || whole.type.name !== "listItem") return false;
  if (depthOf(before) >= depthOf(unit)) return false;
  const at = transaction.doc.resolve(pos);
  const [place, inHolder] = [at.index(), at.index(-1)];
  const [above, below] = [list.children.slice(0, place), list.children.slice(place + 1)];
  const kept = holder.children.slice(0, inHolder).concat(above.length ? list.copy(Fragment.from(above)) : []);
  const after = (below.length ? [list.copy(Fragment.from(below))] : []).concat(holder.children.slice(inHolder + 1));
  const lifted = whole.children.concat(after);
  const start = starts.at(-2) as number;
  const items = [holder.copy(Fragment.from(kept)), whole.copy(Fragment.from(lifted))];
  transaction.replaceWith(start, start + holder.nodeSize, items);
  return true;
}
