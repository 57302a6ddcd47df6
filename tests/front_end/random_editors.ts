/**
 * Run by tests/faults/random_editors.py in Node: people who edit one clause at random, without a screen. The commands are
 * the editor's, its schema and its binding to Yjs the real ones, and so what a browser writes by itself when others'
 * words arrive. One question a line, one answer a line, as JSON.
 */

import { createInterface } from "node:readline";
import { getSchema } from "@tiptap/core";
import { joinBackward, lift, setBlockType, splitBlock, toggleMark, wrapIn } from "@tiptap/pm/commands";
import type { MarkType, Node, NodeType } from "@tiptap/pm/model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "@tiptap/pm/schema-list";
import { type Command, EditorState, TextSelection, type Transaction } from "@tiptap/pm/state";
import { addRowAfter, deleteRow, fixTables } from "@tiptap/pm/tables";
import { initProseMirrorDoc, updateYFragment } from "@tiptap/y-tiptap";
import * as Y from "yjs";
import { schema as extensions } from "../../static/src/editor/schema";
import { fingerprint, fragmentName } from "../../static/src/editor/texts";
import { Undo } from "../../static/src/editor/undo";

const schema = getSchema(extensions);
const node = (name: string) => schema.nodes[name] as NodeType;
const mark = (name: string) => schema.marks[name] as MarkType;

const WORDS = "accueil places d’hébergement 2027 été « objectif » 12,5 % — cœur 👩‍⚕️ **gras** | 😀 [lien] 1. # é_va_luation".split(
  " ",
);
const LINK = { href: "https://ars.sante.fr/a?b=(c)" };
const MOST_BLOCKS = 50;

type Draw = (below: number) => number;

/** A generator of its own: the same people on every machine. */
function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

class Page {
  readonly document = new Y.Doc();
  private readonly fragment: Y.XmlFragment;
  private readonly undo: Undo;
  private readonly written: Uint8Array[] = [];
  private meta: ReturnType<typeof initProseMirrorDoc>["meta"];
  private state: EditorState;
  private isMine = false;
  private readonly acts: [number, () => void][];

  constructor(
    private readonly draw: Draw,
    clause: string,
    private readonly valueOf: string,
  ) {
    this.document.clientID = 1000 + draw(2 ** 32 - 1000);
    this.fragment = this.document.getXmlFragment(fragmentName(clause));
    this.document.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "server") this.written.push(update);
    });
    this.undo = new Undo(this.fragment, () => {}, { trackedOrigins: new Set(["mine"]), captureTimeout: 3_600_000 });
    const { doc, meta } = initProseMirrorDoc(this.fragment, schema);
    this.meta = meta;
    this.state = EditorState.create({ doc });
    this.fragment.observeDeep(() => {
      if (!this.isMine) this.drawAgain();
    });
    const does = (command: Command) => () => this.does(command);
    this.acts = [
      [36, () => this.type()],
      [14, () => this.erase()],
      [10, () => this.selectSome(0).does(draw(2) ? splitBlock : splitListItem(node("listItem")))],
      [5, () => this.atStartOfBlock().does(joinBackward)],
      [3, () => this.does(setBlockType(node("heading"), { level: 1 + draw(4) }))],
      [2, does(setBlockType(node("paragraph")))],
      [4, () => this.does(wrapInList(node(draw(2) ? "bulletList" : "orderedList")))],
      [3, does(sinkListItem(node("listItem")))],
      [3, does(liftListItem(node("listItem")))],
      [2, does(wrapIn(node("blockquote")))],
      [2, does(lift)],
      [2, () => this.insertTable()],
      [4, () => this.inTable().does(draw(3) ? addRowAfter : deleteRow)],
      [5, () => this.selectSome(9).does(toggleMark(mark(["bold", "italic", "strike"][draw(3)] as string)))],
      [3, () => this.selectSome(9).does(toggleMark(mark("link"), LINK))],
      [3, () => this.apply(this.state.tr.replaceSelectionWith(node("hardBreak").create()))],
      [3, () => this.cut()],
      [3, () => this.document.getMap("values").set(this.valueOf, `${draw(100)},${draw(10)}`)],
      [7, () => this.undo.undo()],
      [2, () => this.undo.redo()],
    ];
    }

  /** The updates of one edit; an edit that finds nothing to do is another. */
  edit(): Uint8Array[] {
    if (this.draw(3)) this.undo.stopCapturing();
    for (let tries = 0; tries < 50 && !this.written.length; tries += 1) {
      this.selectSome(this.draw(4) ? 0 : 12);
      let chosen = this.draw(this.acts.reduce((total, [weight]) => total + weight, 0));
      const act = this.acts.find(([weight]) => {
        chosen -= weight;
        return chosen < 0;
      });
      act?.[1]();
    }
    return this.written.splice(0);
  }

  /** What others wrote; the answer is what the editor writes by itself when it sees it. */
  takeIn(updates: readonly Uint8Array[]): Uint8Array[] {
    for (const update of updates) Y.applyUpdate(this.document, update, "server");
    return this.written.splice(0);
  }

  // ------------------------------------------------------------------ between the editor's state and the document

  private does(command: Command): void {
    command(this.state, (tr) => this.apply(tr));
  }

  private apply(tr: Transaction): void {
    if (!tr.docChanged) return;
    const isTooLong = tr.doc.content.size > this.state.doc.content.size && blocksOf(tr.doc) > MOST_BLOCKS;
    if (isTooLong) return;
    this.state = this.state.apply(tr);
    const mended = fixTables(this.state);
    if (mended) this.state = this.state.apply(mended);
    this.isMine = true;
    this.document.transact(() => updateYFragment(this.document, this.fragment, this.state.doc, this.meta), "mine");
    this.isMine = false;
  }

  /** As the editor's binding does when the document changed under it; tables are mended as its own plugin does. */
  private drawAgain(): void {
    const { doc, meta } = initProseMirrorDoc(this.fragment, schema);
    this.meta = meta;
    this.state = EditorState.create({ doc });
    const mended = fixTables(this.state);
    if (mended) this.apply(mended);
  }

  // ------------------------------------------------------------------ what people do

  /** A selection of so many places at most, somewhere in the text. */
  private selectSome(longest: number): this {
    const { doc } = this.state;
    const start = this.draw(doc.content.size + 1);
    const end = Math.min(doc.content.size, start + this.draw(longest + 1));
    const selection = TextSelection.between(doc.resolve(whole(doc, start)), doc.resolve(whole(doc, end)));
    this.state = this.state.apply(this.state.tr.setSelection(selection));
    return this;
  }

  private select(place: number): this {
    const selection = TextSelection.near(this.state.doc.resolve(place));
    this.state = this.state.apply(this.state.tr.setSelection(selection));
    return this;
  }

  private atStartOfBlock(): this {
    return this.select(this.state.selection.$from.start());
  }

  private inTable(): this {
    const places: number[] = [];
    this.state.doc.descendants((one, place) => {
      if (one.type.name === "tableCell") places.push(place + 1);
    });
    return places.length ? this.select(places[this.draw(places.length)] as number) : this;
  }

  private type(): void {
    if (!this.state.selection.$from.parent.inlineContent) return;
    this.apply(this.state.tr.insertText(WORDS[this.draw(WORDS.length)] + (this.draw(3) ? " " : "")));
  }

  /** One character, or what is selected. A character outside the BMP goes whole, as browsers do it. */
  private erase(): void {
    const { $from, empty, from } = this.state.selection;
    if (!empty) return this.apply(this.state.tr.deleteSelection());
    const before = $from.parent.textBetween(0, $from.parentOffset, "", "\n");
    const last = Array.from(before).at(-1);
    if (last) this.apply(this.state.tr.delete(from - last.length, from));
  }

  private insertTable(): void {
    const row = (type: string) => node("tableRow").create(null, [node(type).createAndFill(), node(type).createAndFill()] as Node[]);
    const table = node("table").create(null, [row("tableHeader"), row("tableCell")]);
    const { $from } = this.state.selection;
    if ($from.depth === 1) this.apply(this.state.tr.insert($from.after(1), table));
  }

  /** A block with all it holds; several where there are many. */
  private cut(): void {
    const { tr, doc } = this.state;
    for (let count = 1 + Math.floor(doc.childCount / 12); count > 0 && tr.doc.childCount > 1; count -= 1) {
      const chosen = this.draw(tr.doc.childCount);
      let start = 0;
      for (let place = 0; place < chosen; place += 1) start += tr.doc.child(place).nodeSize;
      tr.delete(start, start + tr.doc.child(chosen).nodeSize);
    }
    this.apply(tr);
  }
}

/** Out of the middle of a character beyond the BMP, where no browser puts a caret. */
function whole(document: Node, place: number): number {
  const before = place ? document.textBetween(place - 1, place) : "";
  return /[\ud800-\udbff]/.test(before) ? place + 1 : place;
}

function blocksOf(document: Node): number {
  let count = 0;
  document.descendants((one) => {
    count += one.isTextblock ? 1 : 0;
  });
  return count;
}

// ---------------------------------------------------------------------- questions and answers

type Question = { page: number; updates?: string[] } & (
  | { ask: "start"; seed: number; clause: string; value: string }
  | { ask: "edit" | "take in" | "known" | "whole" | "fingerprint" }
);

const pages: Page[] = [];
const toText = (update: Uint8Array) => Buffer.from(update).toString("base64");
const toBytes = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

function answer(question: Question): unknown {
  if (question.ask === "start") {
    pages.push(new Page(drawing(question.seed), question.clause, question.value));
    return pages.length - 1;
  }
  const page = pages[question.page] as Page;
  if (question.ask === "edit") return page.edit().map(toText);
  if (question.ask === "take in") return page.takeIn((question.updates ?? []).map(toBytes)).map(toText);
  if (question.ask === "known") return toText(Y.encodeStateVector(page.document));
  if (question.ask === "whole") return toText(Y.encodeStateAsUpdate(page.document));
  return fingerprint(page.document);
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as Question))}\n`);
}
