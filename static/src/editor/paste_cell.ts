/** What is pasted, once read: whether it can be taken in one go, and how it fits in a cell. */

import { Fragment, type Node, type Schema, Slice } from "@tiptap/pm/model";
import type { EditorView } from "@tiptap/pm/view";

/** The server takes 256 kB at once (`guard.py`); a node and the edges of a mark cost about this much beside the words. */
const MOST_BYTES = 200_000;
const NODE_BYTES = 50;
const MARK_BYTES = 60;

export const TOO_LONG =
  "Ce texte est trop long pour être collé d’un coup\u00a0: rien n’a été collé. Collez-le en plusieurs fois.";

export function isTooLong(slice: Slice): boolean {
  const encoder = new TextEncoder();
  let bytes = 0;
  slice.content.descendants((node) => {
    bytes += NODE_BYTES + node.marks.length * MARK_BYTES + encoder.encode(node.text ?? "").length;
    return bytes <= MOST_BYTES;
  });
  return bytes > MOST_BYTES;
}

/** A cell holds one paragraph: blocks become lines of it, and no table opens inside. */
export function fitInCell(slice: Slice, view: EditorView): Slice {
  const { $from, $to } = view.state.selection;
  const isInCell =
    $from.parent.type.name === "paragraph" && /^table(Cell|Header)$/.test($from.node(-1)?.type.name ?? "");
  // A piece of a table lays its cells over the ones that are there: the table's own business.
  if (!isInCell || !$from.sameParent($to) || holdsTable(slice.content) || isOneLine(slice.content)) return slice;
  const lines: Node[][] = [];
  slice.content.descendants((block) => {
    if (!block.isTextblock) return true;
    if (block.childCount) lines.push(children(block));
    return false;
  });
  return new Slice(Fragment.from(joined(view.state.schema, lines)), 0, 0);
}

function joined(schema: Schema, lines: readonly Node[][]): Node[] {
  const jump = schema.nodes.hardBreak;
  return lines.flatMap((line, number) => (number && jump ? [jump.create(), ...line] : line));
}

function holdsTable(content: Fragment): boolean {
  return content.content.some((node) => /^table/.test(node.type.name));
}

function isOneLine(content: Fragment): boolean {
  const only = content.childCount === 1 ? content.firstChild : null;
  return content.childCount === 0 || only?.type.name === "paragraph" || only?.isInline === true;
}

function children(block: Node): Node[] {
  return block.content.content.slice();
}
