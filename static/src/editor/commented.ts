/**
 * Commented words underlined in a text that is written. Which ones, and where, the margin says: the server found them in
 * the text that it holds, for this reader alone. They are drawn over the text: nothing of them is in the document, nor
 * in a copy of it.
 */

import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { type EditorState, Plugin, PluginKey, TextSelection } from "@tiptap/pm/state";
import { Decoration, DecorationSet, type EditorView } from "@tiptap/pm/view";
import { element } from "../page/words";
import { readSelection } from "./fresh_selection";
import { mappingOf } from "./remote_mapping";

/** A thread of the margin, with its words and those around them as the server read them. */
interface Thread {
  id: string;
  number: string;
  quote: string;
  before: string;
  after: string;
  isPrivate: boolean;
}

interface Place {
  from: number;
  to: number;
  thread: Thread;
}

interface State {
  places: readonly Place[];
  drawn: DecorationSet;
}

/** The letters of a text, blanks left out, and where each of them stands. */
interface Letters {
  text: string;
  places: number[];
}

/** What was typed or taken away may bring words back that were not found. */
const CALM_MS = 500;
/** Letters around a passage that tell it from its twins; letters of a passage that nobody writes twice by chance. */
const TELLING_CONTEXT = 12;
const TELLING_QUOTE = 16;

const key = new PluginKey<State>("navette-commented");
const NOTHING: State = { places: [], drawn: DecorationSet.empty };

export class Commented {
  private view: EditorView | null = null;
  private threads: readonly Thread[] = [];
  private timer: number | undefined;

  constructor(
    private readonly clause: string,
    private readonly say: (sentence: string) => void,
  ) {}

  get extension(): Extension {
    // After the binding to the shared document, like the carets.
    return Extension.create({
      name: "navetteCommented",
      priority: 30,
      addProseMirrorPlugins: () => [this.plugin()],
    });
  }

  /** To the next commented passage (1) or the one before (−1), round the text. */
  go(step: 1 | -1): void {
    const { view } = this;
    if (view === null) return;
    const places = [...placesIn(view.state)].sort((one, other) => step * (one.from - other.from));
    const caret = view.state.selection.from;
    const place = places.find(({ from }) => step * (from - caret) > 0) ?? places[0];
    if (place === undefined) {
      this.say("Aucun passage commenté.");
      return;
    }
    const selection = TextSelection.create(view.state.doc, place.from);
    view.dispatch(view.state.tr.setSelection(selection).scrollIntoView());
    const { number, quote } = place.thread;
    this.say(`Commentaire ${number}, sur «\u00a0${quote}\u00a0». Ctrl+F9 pour le lire.`);
  }

  /** What was said of the words under the caret; Escape leads back to them. */
  read(): void {
    const { view } = this;
    if (view === null) return;
    const { from: caret } = view.state.selection;
    const place = placesIn(view.state).find(({ from, to }) => from <= caret && caret <= to);
    if (place) open(place.thread, view);
    else this.say("Allez d’abord sur un passage commenté (F9).");
  }

  private plugin(): Plugin<State> {
    return new Plugin<State>({
      key,
      state: {
        init: () => NOTHING,
        apply: (transaction, before, former, state) => {
          const places: readonly Place[] | undefined = transaction.getMeta(key);
          if (places !== undefined) return this.drawn(state, places);
          if (!transaction.docChanged || !before.places.length) return before;
          const mapping = mappingOf(transaction, former, state);
          const moved = before.places.map(({ from, to, thread }) => ({
            from: mapping.map(from, 1),
            to: mapping.map(to, -1),
            thread,
          }));
          return this.drawn(
            state,
            moved.filter(({ from, to }) => from < to),
          );
        },
      },
      props: { decorations: (state) => key.getState(state)?.drawn },
      view: (view) => {
        this.view = view;
        const asMarginSays = () => this.follow();
        document.addEventListener("htmx:load", asMarginSays);
        this.follow();
        return {
          update: (_, before) => {
            if (before.doc !== view.state.doc && this.threads.length > placesIn(view.state).length) this.soon();
          },
          destroy: () => {
            document.removeEventListener("htmx:load", asMarginSays);
            window.clearTimeout(this.timer);
            this.view = null;
          },
        };
      },
    });
  }

  /** The margin may have come anew. */
  private follow(): void {
    const threads = threadsOf(this.clause);
    if (JSON.stringify(threads) === JSON.stringify(this.threads)) return;
    this.threads = threads;
    this.soon(0);
  }

  private soon(delayMs = CALM_MS): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.seek(), delayMs);
  }

  /** Words that are where they were said to be; failing that, where they went with the edits made since. */
  private seek(): void {
    const { view } = this;
    if (view === null) return;
    if (view.composing) {
      this.soon();
      return;
    }
    const letters = lettersOf(view.state.doc);
    const before = placesIn(view.state);
    const known = new Map(before.map((place) => [place.thread.id, place]));
    const places = this.threads.flatMap((thread) => {
      const followed = known.get(thread.id);
      const found = followed && isSame(followed.thread, thread) ? followed : (placeOf(letters, thread) ?? followed);
      return found ? [{ from: found.from, to: found.to, thread }] : [];
    });
    if (places.length === before.length && places.every(({ thread }) => known.get(thread.id)?.thread === thread))
      return;
    readSelection(view);
    view.dispatch(view.state.tr.setMeta(key, places));
  }

  private drawn({ doc }: EditorState, places: readonly Place[]): State {
    const marks = places.flatMap(({ from, to, thread }) => [
      Decoration.inline(from, to, { class: thread.isPrivate ? "anchor private-anchor" : "anchor" }),
      Decoration.widget(to, (view) => link(thread, view), {
        key: `commented:${thread.id}:${thread.number}`,
        side: -1,
        marks: [],
        ignoreSelection: true,
      }),
    ]);
    return { places, drawn: DecorationSet.create(doc, marks) };
  }
}

function placesIn(state: EditorState): readonly Place[] {
  return key.getState(state)?.places ?? [];
}

function threadsOf(clause: string): Thread[] {
  const margin = `.rail-piece[data-refresh-on~="clause:${CSS.escape(clause)}"]`;
  const found = document.querySelectorAll<HTMLElement>(`${margin} .thread[data-quote]`);
  return [...found].map(({ id, classList, dataset }) => ({
    id,
    number: dataset.number ?? "",
    quote: dataset.quote ?? "",
    before: dataset.before ?? "",
    after: dataset.after ?? "",
    isPrivate: classList.contains("private"),
  }));
}

function isSame(one: Thread, other: Thread): boolean {
  return one.quote === other.quote && one.before === other.before && one.after === other.after;
}

/** The way to what was said, after the words: the mouse takes it; the keyboard has F9, so Tab leaves the text as ever. */
function link(thread: Thread, view: EditorView): HTMLElement {
  const label = element("span", "vh", `Commentaire ${thread.number} sur ce passage`);
  const sign = element("span", "", thread.number);
  sign.setAttribute("aria-hidden", "true");
  const made = element("a", thread.isPrivate ? "anchor-link private-link" : "anchor-link", label, sign);
  made.href = `#${thread.id}`;
  made.tabIndex = -1;
  made.addEventListener("mousedown", (event) => event.preventDefault());
  made.addEventListener("click", (event) => {
    event.preventDefault();
    open(thread, view);
  });
  return made;
}

function open({ id }: Thread, view: EditorView): void {
  const shown = document.getElementById(id);
  if (shown === null) return;
  window.location.hash = id;
  shown.tabIndex = -1;
  shown.focus();
  shown.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === shown) view.focus();
  });
}

function lettersOf(document: Node): Letters {
  const places: number[] = [];
  let text = "";
  document.descendants((node, position) => {
    for (const { 0: word, index } of (node.text ?? "").matchAll(/\S+/g)) {
      text += word;
      for (let at = 0; at < word.length; at += 1) places.push(position + index + at);
    }
  });
  return { text, places };
}

/** Where these words stand, by those around them; null when none of their twins is told by anything. */
function placeOf({ text, places }: Letters, thread: Thread): { from: number; to: number } | null {
  const [quote, before, after] = [thread.quote, thread.before, thread.after].map((words) => words.replace(/\s/g, ""));
  if (!quote || before === undefined || after === undefined) return null;
  let best = { at: -1, score: -1 };
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
    const score = alikeBefore(text, at, before) + alikeAfter(text, at + quote.length, after);
    if (score > best.score) best = { at, score };
  }
  const isTold = best.score >= Math.min(TELLING_CONTEXT, before.length + after.length);
  if (best.at < 0 || !(isTold || quote.length >= TELLING_QUOTE)) return null;
  return { from: places[best.at] as number, to: (places[best.at + quote.length - 1] as number) + 1 };
}

function alikeBefore(text: string, at: number, before: string): number {
  let alike = 0;
  while (alike < before.length && alike < at && text[at - alike - 1] === before[before.length - alike - 1]) alike += 1;
  return alike;
}

function alikeAfter(text: string, at: number, after: string): number {
  let alike = 0;
  while (alike < after.length && at + alike < text.length && text[at + alike] === after[alike]) alike += 1;
  return alike;
}
