/** What is pasted into a cell: the cell holds one paragraph, so blocks become lines of it and no table opens inside. */

import { Fragment, type Node, type Schema, Slice } from "@tiptap/pm/model";
import type { EditorView } from "@tiptap/pm/view";

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
