/** Find in one text: the places that match, whatever their accents and capitals, drawn as decorations. */

import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { type EditorState, Plugin, PluginKey, TextSelection } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";

export interface Found {
  places: readonly { from: number; to: number }[];
  /** The one that is shown; -1 when there is none. */
  now: number;
}

interface State extends Found {
  sought: string;
  drawn: DecorationSet;
}

/** `places[i]` is where letter i of `words` stands in its block. */
interface Folded {
  words: string;
  places: number[];
}

type Order = { sought: string } | { step: 1 | -1 };

const key = new PluginKey<State>("navette-find");
const NOTHING: State = { sought: "", places: [], now: -1, drawn: DecorationSet.empty };
/** Blocks never change: a block that was read once is known until it is replaced. */
const read = new WeakMap<Node, Folded>();

export const Find = Extension.create({
  name: "navetteFind",
  addProseMirrorPlugins() {
    return [
      new Plugin<State>({
        key,
        state: {
          init: () => NOTHING,
          apply: (transaction, before, _, state) => {
            const order = transaction.getMeta(key) as Order | undefined;
            if (order !== undefined) return obey(state, before, order);
            return transaction.docChanged && before.sought
              ? search(state, before.sought, nowIn(state, before))
              : before;
          },
        },
        props: { decorations: (state) => key.getState(state)?.drawn },
      }),
    ];
  },
});

/** Seeks these words, from the caret on; no words: nothing is marked any more. */
export function seek(view: EditorView, sought: string): Found {
  return give(view, { sought });
}

/** To the next place or the one before, round the end. */
export function step(view: EditorView, by: 1 | -1): Found {
  return give(view, { step: by });
}

export function foundIn(state: EditorState): Found {
  return key.getState(state) ?? NOTHING;
}

/** Leaves the caret on what was found. */
export function selectFound(view: EditorView): void {
  const { places, now } = foundIn(view.state);
  const place = places[now];
  if (place) view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, place.from, place.to)));
}

function give(view: EditorView, order: Order): Found {
  view.dispatch(view.state.tr.setMeta(key, order));
  view.dom.querySelector(".found-now")?.scrollIntoView({ block: "center" });
  return foundIn(view.state);
}

function obey(state: EditorState, before: State, order: Order): State {
  if ("sought" in order) return search(state, order.sought, state.selection.from);
  const { places } = before;
  if (!places.length) return before;
  return drawn(state, { ...before, now: (before.now + order.step + places.length) % places.length });
}

/** Where the one that is shown has got to. */
function nowIn(state: EditorState, before: State): number {
  return Math.min(before.places[before.now]?.from ?? 0, state.doc.content.size);
}

function search(state: EditorState, sought: string, from: number): State {
  const words = fold(sought).words;
  if (!words.trim()) return { ...NOTHING, sought };
  const places: { from: number; to: number }[] = [];
  state.doc.descendants((block, position) => {
    if (!block.isTextblock) return true;
    places.push(...placesIn(block, words).map((at) => ({ from: at.from + position + 1, to: at.to + position + 1 })));
    return false;
  });
  const next = places.findIndex((place) => place.from >= from);
  return drawn(state, { sought, places, now: places.length ? Math.max(0, next) : -1, drawn: DecorationSet.empty });
}

function drawn(state: EditorState, found: State): State {
  const marks = found.places.map(({ from, to }, number) =>
    Decoration.inline(from, to, { class: number === found.now ? "found found-now" : "found" }),
  );
  return { ...found, drawn: DecorationSet.create(state.doc, marks) };
}

function placesIn(block: Node, sought: string): { from: number; to: number }[] {
  let folded = read.get(block);
  if (folded === undefined) {
    folded = fold(block.textBetween(0, block.content.size, null, "\ufffc"));
    read.set(block, folded);
  }
  const { words, places } = folded;
  const found: { from: number; to: number }[] = [];
  for (let at = words.indexOf(sought); at >= 0; at = words.indexOf(sought, at + sought.length)) {
    const last = at + sought.length - 1;
    found.push({ from: places[at] ?? 0, to: (places[last] ?? 0) + 1 });
  }
  return found;
}

/** Without accents nor capitals; any blank is a space, any apostrophe the straight one, « œ » two letters. */
function fold(text: string): Folded {
  const places: number[] = [];
  let words = "";
  for (let at = 0; at < text.length; at++) {
    const plain = plainLetter(text.charAt(at));
    words += plain;
    for (let more = 0; more < plain.length; more++) places.push(at);
  }
  return { words, places };
}

const ALIKE: Readonly<Record<string, string>> = {
  "’": "'",
  œ: "oe",
  æ: "ae",
  "–": "-",
  "‑": "-",
  "\u202f": " ",
  "\u00a0": " ",
};

function plainLetter(letter: string): string {
  const small = letter.toLowerCase();
  if (small >= " " && small <= "~") return small;
  return ALIKE[small] ?? small.normalize("NFD").replace(/\p{Mn}/gu, "");
}
