/**
 * What has changed since the last agreed text, drawn live. While somebody types, marks only move with the text; they are
 * worked out anew a moment later, block by block, so that a key never waits for them.
 */

import { Extension } from "@tiptap/core";
import type { Node } from "@tiptap/pm/model";
import { type EditorState, Plugin, PluginKey, TextSelection } from "@tiptap/pm/state";
import { DecorationSet, type EditorView } from "@tiptap/pm/view";
import { yUndoPluginKey } from "@tiptap/y-tiptap";
import type * as Y from "yjs";
import { readSelection } from "./fresh_selection";
import { Authors, type Run } from "./redline_authors";
import { type Change, Comparison } from "./redline_changes";
import { authorOf, drawn, type Letters } from "./redline_draw";
import type { ReferenceName, References } from "./redline_reference";
import { restore } from "./redline_restore";
import { announced } from "./redline_sentences";
import { Cutter, type Unit } from "./redline_units";
import { mappingOf } from "./remote_mapping";

/** How long marks may lag behind the words. */
const LAG_MS = 120;

const key = new PluginKey<DecorationSet>("navette-redline");

interface Found {
  /** The text that was compared: places are of this one. */
  document: Node;
  units: readonly Unit[];
  changes: readonly Change[];
}

const NOTHING: readonly Change[] = [];

export class LiveRedline {
  /** Drawn over the text; null = not drawn. */
  against: ReferenceName | null = null;

  private view: EditorView | null = null;
  private found: Found | null = null;
  private current: number | null = null;
  private comparison: { reference: Node; with: Comparison } | null = null;
  private readonly cutter = new Cutter();
  private readonly authors: Authors;
  private readonly listeners = new Set<() => void>();
  private timer: number | undefined;

  constructor(
    fragment: Y.XmlFragment,
    private readonly references: References,
    private readonly say: (sentence: string) => void,
    /** Whether the value beside the text changed: it is no place to go to, but it is said. */
    private readonly valueChanged: () => boolean,
  ) {
    this.authors = new Authors(fragment.doc as Y.Doc, fragment, (client) => references.letterOf(client));
    references.listen(() => {
      if (references.credits) this.authors.know(references.credits);
      this.soon();
    });
  }

  get extension(): Extension {
    // After the binding to the shared document, like the carets.
    return Extension.create({
      name: "navetteRedline",
      priority: 40,
      addProseMirrorPlugins: () => [this.plugin()],
      addKeyboardShortcuts: () => ({
        F8: () => this.go(1),
        "Shift-F8": () => this.go(-1),
        "Mod-F8": () => this.restore(),
      }),
    });
  }

  get changes(): readonly Change[] {
    return this.found?.changes ?? NOTHING;
  }

  /** The change last gone to, as long as the text stays as it was. */
  get place(): number | null {
    return this.current;
  }

  listen(heard: () => void): void {
    this.listeners.add(heard);
  }

  compareWith(name: ReferenceName | null): void {
    if (this.against === name) return;
    this.against = name;
    this.current = null;
    this.work();
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    this.authors.destroy();
    this.listeners.clear();
    this.view = null;
  }

  /** To the next change (1) or the one before (−1), round the text; false when there is none. */
  go(step: 1 | -1): boolean {
    const { view } = this;
    if (view === null || this.against === null) return false;
    this.work();
    const { changes } = this;
    if (!changes.length) {
      this.say(
        this.valueChanged()
          ? "Aucun changement dans le texte. La valeur, sous le texte, a changé."
          : "Aucun changement.",
      );
      return true;
    }
    this.current = this.following(step, view.state.selection.from);
    const change = changes[this.current] as Change;
    const { state } = view;
    const place = TextSelection.near(state.doc.resolve(Math.min(change.from, state.doc.content.size)));
    const drawing = this.drawing(state);
    view.dispatch(state.tr.setSelection(place).setMeta(key, drawing).scrollIntoView());
    this.bringIntoSight(view);
    this.tellListeners();
    this.say(announced(change, this.current, changes.length, this.partyOf(state.doc, change)));
    return true;
  }

  /** The words of the reference in place of the change gone to, else of the one under the caret. */
  restore(): boolean {
    const { view } = this;
    if (view === null || this.against === null || !view.editable) return false;
    this.work();
    const place = this.current ?? this.under(view.state.selection.from);
    const change = place === null ? undefined : this.changes[place];
    if (change === undefined || this.found === null) {
      this.say("Allez d’abord sur un changement.");
      return true;
    }
    // One step of its own for « Annuler »: not joined to what was typed just before or after.
    const { undoManager } = yUndoPluginKey.getState(view.state) ?? {};
    undoManager?.stopCapturing();
    const { tr } = view.state;
    if (!restore(tr, change, this.found.units)) {
      this.say("Ce passage ne peut pas être rétabli seul.");
      return true;
    }
    this.current = null;
    view.dispatch(tr.scrollIntoView());
    undoManager?.stopCapturing();
    this.work();
    const left = this.changes.length;
    this.say(
      left
        ? `Rétabli. Il reste ${left === 1 ? "1 changement" : `${left} changements`}.`
        : "Rétabli. Plus aucun changement.",
    );
    return true;
  }

  private plugin(): Plugin<DecorationSet> {
    return new Plugin<DecorationSet>({
      key,
      state: {
        init: () => DecorationSet.empty,
        apply: (transaction, before, former, state) => {
          const drawing: DecorationSet | undefined = transaction.getMeta(key);
          if (drawing !== undefined) return drawing;
          if (!transaction.docChanged || before === DecorationSet.empty) return before;
          return before.map(mappingOf(transaction, former, state), state.doc);
        },
      },
      props: { decorations: (state) => key.getState(state) },
      view: (view) => {
        this.view = view;
        this.soon();
        return {
          update: (_, before) => {
            if (before.doc === view.state.doc) return;
            this.current = null;
            this.soon();
          },
        };
      },
    });
  }

  private soon(): void {
    // Not put off by each key: somebody who types without a pause sees the marks follow all the same.
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      // What is being composed (an accent, a word of a phone's keyboard) must not be drawn anew under the hand.
      if (this.view?.composing) this.soon();
      else this.work();
    }, LAG_MS);
  }

  private work(): void {
    const { view } = this;
    if (view === null || view.isDestroyed) return;
    const { state } = view;
    const changes = this.compared(state.doc);
    const before = key.getState(state) ?? DecorationSet.empty;
    const drawing = changes.length ? this.drawing(state) : DecorationSet.empty;
    // Most keys only make a mark longer, and it has grown with them: then nothing is drawn anew.
    if (!areSame(before, drawing)) {
      readSelection(view);
      view.dispatch(view.state.tr.setMeta(key, drawing));
    }
    this.tellListeners();
  }

  private compared(document: Node): readonly Change[] {
    const { against } = this;
    const reference = against === null ? null : this.references.document(against, document.type.schema);
    if (reference === null) {
      this.found = null;
      this.comparison = null;
      return NOTHING;
    }
    if (this.comparison?.reference !== reference) {
      this.comparison = { reference, with: new Comparison(new Cutter().units(reference)) };
    } else if (this.found?.document === document) {
      return this.found.changes;
    }
    const units = this.cutter.units(document);
    this.found = { document, units, changes: this.comparison.with.changes(units) };
    return this.found.changes;
  }

  private drawing({ doc }: EditorState): DecorationSet {
    return drawn(doc, this.changes, this.current, this.letters(doc));
  }

  private letters(document: Node): Letters {
    const known = new Map<number, readonly Run[]>();
    return (block) => {
      const found = known.get(block) ?? this.authors.runsOf(document, block);
      known.set(block, found);
      return found;
    };
  }

  private partyOf(document: Node, change: Change): string | null {
    const letter = authorOf(document, change, this.letters(document));
    return letter === null ? null : this.references.partyOf(letter);
  }

  private following(step: 1 | -1, caret: number): number {
    const { changes, current } = this;
    const { length } = changes;
    if (current !== null) return (current + step + length) % length;
    if (step === 1) {
      const next = changes.findIndex(({ from }) => from >= caret);
      return next < 0 ? 0 : next;
    }
    const previous = changes.filter(({ from }) => from < caret).length - 1;
    return previous < 0 ? length - 1 : previous;
  }

  private under(caret: number): number | null {
    const place = this.changes.findIndex(({ from, to }) => from <= caret && caret <= to);
    return place < 0 ? null : place;
  }

  /** A change may be a line that isn't in the text, where no caret goes. */
  private bringIntoSight(view: EditorView): void {
    view.dom.querySelector(".change-current")?.scrollIntoView({ block: "nearest" });
  }

  private tellListeners(): void {
    for (const heard of this.listeners) heard();
  }
}

function areSame(one: DecorationSet, other: DecorationSet): boolean {
  // No public name for it, though it is what the view itself asks before it draws.
  return one === other || (one as unknown as { eq: (other: DecorationSet) => boolean }).eq(other);
}
