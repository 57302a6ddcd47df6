/** Places of a text after an edit, whoever made it. */

import type { Node } from "@tiptap/pm/model";
import type { EditorState, Transaction } from "@tiptap/pm/state";
import { Mapping, StepMap } from "@tiptap/pm/transform";
import { ySyncPluginKey } from "@tiptap/y-tiptap";

/**
 * Where the marks go. The binding replaces the whole text at each remote edit, so what really changed is looked for:
 * block by block as long as they are as many, else as one stretch.
 */
export function mappingOf(transaction: Transaction, before: EditorState, after: EditorState): Mapping {
  if (ySyncPluginKey.getState(after)?.isChangeOrigin !== true) return transaction.mapping;
  return new Mapping(stretches(before.doc, after.doc));
}

function stretches(before: Node, after: Node): StepMap[] {
  const ranges: number[] = [];
  if (before.childCount !== after.childCount) {
    ranges.push(...stretchOf(before, after, 0));
  } else {
    before.forEach((child, offset, place) => {
      const now = after.child(place);
      if (!child.eq(now)) ranges.push(...stretchOf(child, now, offset + 1));
    });
  }
  return ranges.length ? [new StepMap(ranges)] : [];
}

/** Where it begins, how long it was, how long it is. */
function stretchOf(before: Node, after: Node, inside: number): [number, number, number] {
  const start = before.content.findDiffStart(after.content) ?? 0;
  const ends = before.content.findDiffEnd(after.content) ?? { a: before.content.size, b: after.content.size };
  const overlap = Math.max(0, start - Math.min(ends.a, ends.b));
  return [inside + start, ends.a + overlap - start, ends.b + overlap - start];
}
