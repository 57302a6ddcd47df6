/** Where a unit that went would stand now, and what must be put back there: its item, its list, its table if need be. */

import { Fragment, type Node } from "@tiptap/pm/model";
import type { Unit } from "./redline_units";

const MAY_COME_APART = new Set(["blockquote", "bulletList", "orderedList"]);

export interface PlaceFor {
  at: number;
  /** What stands around that place. */
  parent: Node | null;
  node: Node;
  /** How many of the containers around that place are cut in two first: it stood between what they hold now. */
  cut?: number;
}

interface Candidate {
  /** How much of what was around it still stands there. */
  depth: number;
  at: number;
  parent: Node;
}

/** Between two units of the draft: as deep as possible in what stood around it, before the one and after the other. */
export function placeFor(gone: Unit, after: Unit | null, next: Unit | null): PlaceFor {
  const chain = chainOf(gone);
  const found = [...(after ? candidates(chain, after, "end") : []), ...(next ? candidates(chain, next, "start") : [])];
  const ordered = found.filter(({ at }) => at >= endOf(after) && at <= (next?.pos ?? at));
  const between = ordered.length ? null : cutBetween(chain, after, next);
  if (between) return { ...between, node: rebuilt(chain, between.depth, gone) };
  if (!ordered.length && after && isItem(gone) && isItem(after)) {
    // Its level is lost to a list that was made since; its order isn't.
    return { at: after.pos + after.whole.nodeSize, parent: after.around.at(-1) ?? null, node: alone(gone) };
  }
  const best = (ordered.length ? ordered : found).reduce<Candidate | null>(
    (known, one) => better(known, one, gone),
    null,
  );
  if (!best) return { at: 0, parent: null, node: rebuilt(chain, 1, gone) };
  return { at: best.at, parent: best.parent, node: rebuilt(chain, best.depth, gone) };
}

/** Both stand in a quotation or a list that it didn't stand in: they come apart, and it stands between them. */
function cutBetween(chain: readonly Node[], after: Unit | null, next: Unit | null) {
  if (!after || !next) return null;
  let common = 0;
  while (common < after.around.length && after.starts[common] === next.starts[common]) common += 1;
  let depth = 1;
  while (
    depth < common &&
    depth < chain.length - 1 &&
    isAlike(chain[depth] as Node, after.around[depth] as Node, chain[depth + 1])
  ) {
    depth += 1;
  }
  const cut = after.around.slice(depth, common);
  const parent = after.around[depth - 1] ?? null;
  // A table stays whole: what stood among its rows comes after it.
  const [table] = cut;
  if (table?.type.name === "table") return { at: startOf(after, depth) + table.nodeSize, parent, cut: 0, depth };
  const last = after.around[common] ?? after.whole;
  const at = startOf(after, common) + last.nodeSize;
  if (!cut.length || at > startOf(next, common) || !cut.every(({ type }) => MAY_COME_APART.has(type.name))) return null;
  return { at, parent, cut: cut.length, depth };
}

/** Between an item and the items inside it: they stood inside the one that went, and belong to it again. */
export function splitsItem(gone: Unit, after: Unit | null, next: Unit | null): boolean {
  if (!after || !next || !isItem(gone) || !isItem(after)) return false;
  const isInside = next.pos < after.pos + after.whole.nodeSize;
  const isAsDeep = gone.around.length === after.around.length;
  return isInside && isAsDeep && gone.around.every((each, depth) => each.type === after.around[depth]?.type);
}

/** The unit alone, as what it is: an item without the items inside it. */
export function alone(unit: Unit): Node {
  const { whole } = unit;
  return isItem(unit) ? whole.copy(Fragment.from(whole.firstChild)) : whole;
}

function isItem({ whole }: Unit): boolean {
  return whole.type.name === "listItem";
}

/** Where the words of a unit end; those of the items inside it come after. */
function endOf(unit: Unit | null): number {
  if (unit === null) return 0;
  const { whole, pos } = unit;
  return isItem(unit) ? pos + 1 + (whole.firstChild?.nodeSize ?? 0) : pos + whole.nodeSize;
}

/** The deeper one; of two, the one after the unit before, but for the header of a table. */
function better(known: Candidate | null, one: Candidate, gone: Unit): Candidate {
  if (known === null || one.depth > known.depth) return one;
  return one.depth === known.depth && gone.kind === "header" ? one : known;
}

function chainOf({ around, whole }: Unit): Node[] {
  return [...around, whole];
}

function candidates(chain: readonly Node[], unit: Unit, edge: "start" | "end"): Candidate[] {
  const { whole, around } = unit;
  const inside = isItem(unit) && whole.firstChild ? [whole.firstChild] : [];
  const others = [...around, whole, ...inside];
  const found: Candidate[] = [];
  const last = Math.min(chain.length, others.length) - 1;
  for (let depth = 1; depth <= last; depth += 1) {
    const start = startOf(unit, depth);
    const at = edge === "start" ? start : start + (others[depth] as Node).nodeSize;
    found.push({ depth, at, parent: others[depth - 1] as Node });
    if (!isAlike(chain[depth] as Node, others[depth] as Node, chain[depth + 1])) break;
    // No row stands above the header of a table.
    if (edge === "start" && unit.kind === "header" && depth + 1 === around.length) break;
  }
  return found;
}

/** The same kind of container; a table only when the row has its width, and a header only where there is none. */
function isAlike(one: Node, other: Node, inside: Node | undefined): boolean {
  if (one.type !== other.type) return false;
  if (one.type.name !== "table") return true;
  return inside?.childCount === other.firstChild?.childCount && !(isHeader(inside) && isHeader(other.firstChild));
}

function isHeader(row: Node | null | undefined): boolean {
  return row?.firstChild?.type.name === "tableHeader";
}

/** Where the node of this depth begins, of those that the unit stands in or is. */
function startOf({ starts, pos, around }: Unit, depth: number): number {
  if (depth < around.length) return starts[depth] as number;
  return depth === around.length ? pos : pos + 1;
}

/** The unit in what it stood in, from this depth on. */
function rebuilt(chain: readonly Node[], depth: number, unit: Unit): Node {
  let node = alone(unit);
  for (let level = chain.length - 2; level >= depth; level -= 1) {
    const around = chain[level] as Node;
    const needsParagraph = around.type.name === "listItem" && node.type.name !== "paragraph";
    const paragraph = needsParagraph ? [around.type.schema.node("paragraph")] : [];
    node = around.copy(Fragment.from([...paragraph, node]));
  }
  return node;
}
