/** Taking back one's own edits: as Yjs does it, with its faults mended (docs/adr/0017, measured on 13.6.33). */

import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { kindOf } from "./pieces";

export const NO_PLACE =
  "Une partie de ce qui devait revenir n’est pas revenue\u00a0: le passage où elle se trouvait a été supprimé par quelqu’un d’autre.";

type Options = NonNullable<ConstructorParameters<typeof Y.UndoManager>[1]>;
type StackItem = Y.UndoManager["undoStack"][number];
type Store = Y.Doc["store"];
interface Range {
  clock: number;
  len: number;
}

/** Nodes that hold something: every editor deletes them where they are hollow, but for a row, which nobody would see. */
const HOLDS_SOMETHING = /^(table|tableRow|tableHeader|tableCell|bulletList|orderedList|listItem|blockquote)$/;

const integrate = Y.Item.prototype.integrate;

/**
 * What is written here is written between two neighbours. Yjs restores words between where their neighbours of then
 * stand now, which may be apart, or the wrong way round: such words end in another order wherever the same updates come
 * in another order, or the draft is read afresh (yjs/yjs#794).
 */
Y.Item.prototype.integrate = function (transaction, offset) {
  if (transaction.local && this.parentSub === null && this.parent instanceof Y.AbstractType) {
    this.right = this.left ? this.left.right : this.parent._start;
    this.rightOrigin = this.right?.id ?? null;
  }
  integrate.call(this, transaction, offset);
};

export class Undo extends Y.UndoManager {
  /** `lost` is called when words couldn't come back because what they stood in is gone for good. */
  constructor(
    fragment: Y.XmlFragment,
    private readonly lost: () => void,
    options: Options = {},
  ) {
    super(fragment, {
      trackedOrigins: new Set([ySyncPluginKey]),
      deleteFilter: (item) => defaultDeleteFilter(item, defaultProtectedNodes),
      captureTransaction: (transaction) => transaction.meta.get("addToHistory") !== false,
      ...options,
    });
  }

  override undo(): StackItem | null {
    return this.takeBack(this.undoStack, () => super.undo());
  }

  override redo(): StackItem | null {
    return this.takeBack(this.redoStack, () => super.redo());
  }

  /** Yjs looks for the place of each word as it goes, and where there is none it stops halfway: half an edit is sent. */
  private takeBack(stack: readonly StackItem[], act: () => StackItem | null): StackItem | null {
    const before = [...stack];
    for (const item of before) if (leaveOutWhatCannotStand(this.doc.store, item)) item.meta.set(Undo, NO_PLACE);
    const done = act();
    if (before.slice(stack.length).some((item) => item.meta.has(Undo))) this.lost();
    return done;
  }
}

/** Out of what would be restored. Returns whether something had no place any more. */
function leaveOutWhatCannotStand(store: Store, { deletions, insertions }: StackItem): boolean {
  const coming = new Set<Y.Item>();
  for (const [client, ranges] of deletions.clients) {
    for (const [struct] of ranges.flatMap((range) => structsIn(store, client, range))) {
      if (struct instanceof Y.Item && !Y.isDeleted(insertions, struct.id)) coming.add(struct);
    }
  }
  const lost = [...coming].filter((item) => !hasPlace(store, item));
  for (const item of lost) coming.delete(item);
  const left = new Set<Y.Item | Y.GC>([...lost, ...hollowAmong(coming)]);
  if (!left.size) return false;
  for (const [client, ranges] of deletions.clients) {
    const kept = ranges.flatMap((range) => structsIn(store, client, range)).filter(([struct]) => !left.has(struct));
    deletions.clients.set(
      client,
      kept.map(([, range]) => range),
    );
  }
  return lost.length > 0;
}

/** Each struct that stands there, with the part of the range that is its own. */
function structsIn(store: Store, client: number, { clock, len }: Range): [Y.Item | Y.GC, Range][] {
  const found: [Y.Item | Y.GC, Range][] = [];
  const end = clock + len;
  for (let at = clock; at < end; ) {
    const struct: Y.Item | Y.GC = Y.getItem(store, Y.createID(client, at));
    const next = Math.min(end, struct.id.clock + struct.length);
    found.push([struct, { clock: at, len: next - at }]);
    at = next;
  }
  return found;
}

/** Not where what it stood in was itself restored, deleted with all around it by somebody else, and collected. */
function hasPlace(store: Store, item: Y.Item): boolean {
  let around: Y.Item | Y.GC | null = (item.parent as Y.AbstractType<unknown>)._item;
  while (around instanceof Y.Item && around.redone !== null) around = Y.getItem(store, around.redone);
  return around === null || (around instanceof Y.Item && around.content instanceof Y.ContentType);
}

/** Nodes that would come back alone: somebody else had deleted what they held. */
function hollowAmong(coming: ReadonlySet<Y.Item>): Set<Y.Item> {
  const nodes = [...coming].filter((item) => item.redone === null && item.content instanceof Y.ContentType);
  const hollow = new Set<Y.Item>();
  let before: number;
  do {
    before = hollow.size;
    const filled = new Set(nodes.filter((node) => !hollow.has(node)).map((node) => node.parent));
    for (const node of nodes) {
      if (HOLDS_SOMETHING.test(kindOf(node)) && !filled.has((node.content as Y.ContentType).type)) hollow.add(node);
    }
  } while (hollow.size > before);
  return hollow;
}
