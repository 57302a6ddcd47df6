/** The others' carets and selections, drawn as decorations: class and data-party, no inline style. */

import { Extension } from "@tiptap/core";
import { type EditorState, Plugin, PluginKey } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";
import {
  absolutePositionToRelativePosition,
  relativePositionToAbsolutePosition,
  ySyncPluginKey,
} from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { readSelection } from "./fresh_selection";
import { hasCaret, type Peer, type Peers } from "./peers";
import { type CursorSelection, toBytes, toText } from "./protocol";

interface CaretOptions {
  peers: Peers;
  clause: string;
}

const key = new PluginKey<DecorationSet>("navette-carets");

export const Carets = Extension.create<CaretOptions>({
  name: "navetteCarets",
  // After the binding to the document: positions are read from what it has just written.
  priority: 50,
  addProseMirrorPlugins() {
    return [caretPlugin(this.options)];
  },
});

/** The sign of a party: the first letter of its mark, so that A1 and A2 are both « a ». */
export function partySign(letter: string): string {
  return letter.charAt(0).toLowerCase();
}

function caretPlugin({ peers, clause }: CaretOptions): Plugin<DecorationSet> {
  return new Plugin<DecorationSet>({
    key,
    state: {
      init: (_, state) => draw(state, peers.in(clause)),
      apply: (transaction, drawn, _, state) => {
        const isRemote = ySyncPluginKey.getState(state)?.isChangeOrigin === true;
        if (isRemote || transaction.getMeta(key)) return draw(state, peers.in(clause));
        return drawn.map(transaction.mapping, transaction.doc);
      },
    },
    props: { decorations: (state) => key.getState(state) },
    view: (view) => {
      const silence = peers.listen(() => {
        readSelection(view);
        view.dispatch(view.state.tr.setMeta(key, true));
      });
      return {
        update: (now, before) => {
          if (!before.selection.eq(now.state.selection) || !before.doc.eq(now.state.doc)) tell(now, peers, clause);
        },
        destroy: () => {
          silence();
          peers.tell(clause, null);
        },
      };
    },
  });
}

/** Tells the others where this caret is; only while it is in the text, to write there. */
export function tell(view: EditorView, peers: Peers, clause: string): void {
  if (!view.editable || !view.hasFocus()) return;
  const sync = ySyncPluginKey.getState(view.state);
  const { anchor, head } = view.state.selection;
  const place = (position: number): string => {
    const relative = absolutePositionToRelativePosition(position, sync.type, sync.binding.mapping);
    return toText(Y.encodeRelativePosition(relative));
  };
  peers.tell(clause, { anchor: place(anchor), head: place(head) });
}

function draw(state: EditorState, peers: Peer[]): DecorationSet {
  const drawn = peers.filter(hasCaret).flatMap((peer) => {
    const place = placeOf(state, peer.selection);
    if (place === null) return [];
    const { anchor, head } = place;
    const selection = { class: "selected", "data-party": partySign(peer.letter) };
    // The label never changes without moving: the same key keeps the same element.
    const caret = Decoration.widget(head, () => label(peer), { key: `${peer.peer}:${peer.moves}`, side: 10 });
    const range = Decoration.inline(Math.min(anchor, head), Math.max(anchor, head), selection, { inclusiveEnd: true });
    return anchor === head ? [caret] : [range, caret];
  });
  return DecorationSet.create(state.doc, drawn);
}

/** Null when the place is no longer in this text, or when a peer sent something that is no place. */
function placeOf(state: EditorState, selection: CursorSelection): { anchor: number; head: number } | null {
  const sync = ySyncPluginKey.getState(state);
  const resolve = (text: string): number | null => {
    const relative = Y.decodeRelativePosition(toBytes(text));
    const found = relativePositionToAbsolutePosition(sync.doc, sync.type, relative, sync.binding.mapping);
    return found === null ? null : Math.max(0, Math.min(found, state.doc.content.size));
  };
  try {
    const anchor = resolve(selection.anchor);
    const head = resolve(selection.head);
    return anchor === null || head === null ? null : { anchor, head };
  } catch {
    return null;
  }
}

/** Words come from attributes through the style sheet: they are no part of the text, so never copied with it. */
function label({ letter, name }: Peer): HTMLElement {
  const caret = document.createElement("span");
  caret.className = "caret";
  caret.dataset.party = partySign(letter);
  caret.setAttribute("aria-hidden", "true");
  const flag = document.createElement("span");
  flag.dataset.letter = letter;
  flag.dataset.name = name;
  caret.append(flag);
  return caret;
}
