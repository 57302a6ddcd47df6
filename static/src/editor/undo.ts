/** Taking back one's own edits: as Yjs does it, with two of its faults mended (docs/adr/0017, measured on 13.6.33). */

import { defaultDeleteFilter, defaultProtectedNodes, ySyncPluginKey } from "@tiptap/y-tiptap";
import * as Y from "yjs";

export const NO_PLACE =
  "Une partie de ce qui devait revenir n’est pas revenue\u00a0: le passage où elle se trouvait a été supprimé par quelqu’un d’autre.";

type Options = NonNullable<ConstructorParameters<typeof Y.UndoManager>[1]>;
type StackItem = Y.UndoManager["undoStack"][number];
type Store = Y.Doc["store"];
interface Range {
  clock: number;
  len: number;
}

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
    for (const item of before) if (leaveOutWhatHasNoPlace(this.doc.store, item)) item.meta.set(Undo, NO_PLACE);
    const done = act();
    if (before.slice(stack.length).some((item) => item.meta.has(Undo))) this.lost();
    return done;
  }
}

/** Whether there was any. */
function leaveOutWhatHasNoPlace(store: Store, { deletions }: StackItem): boolean {
  let isSomethingLeftOut = false;
  for (const [client, ranges] of deletions.clients) {
    const kept = ranges.flatMap((range) => placed(store, client, range));
    if (lengthOf(kept) === lengthOf(ranges)) continue;
    deletions.clients.set(client, kept);
    isSomethingLeftOut = true;
  }
  return isSomethingLeftOut;
}

function placed(store: Store, client: number, { clock, len }: Range): Range[] {
  const kept: Range[] = [];
  const end = clock + len;
  for (let at = clock; at < end; ) {
    const struct: Y.Item | Y.GC = Y.getItem(store, Y.createID(client, at));
    const next = Math.min(end, struct.id.clock + struct.length);
    if (hasPlace(store, struct)) kept.push({ clock: at, len: next - at });
    at = next;
  }
  return kept;
}

/** Not where what it stood in was itself restored, deleted with all around it by somebody else, and collected. */
function hasPlace(store: Store, struct: Y.Item | Y.GC): boolean {
  if (struct instanceof Y.GC) return true;
  let around: Y.Item | Y.GC | null = (struct.parent as Y.AbstractType<unknown>)._item;
  while (around instanceof Y.Item && around.redone !== null) around = Y.getItem(store, around.redone);
  return around === null || (around instanceof Y.Item && around.content instanceof Y.ContentType);
}

function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((total, { len }) => total + len, 0);
}
