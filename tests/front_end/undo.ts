/**
 * Run by tests/unit/test_undo.py in Node: two people with the editor's own undo, each step of a story by one of them. Reads
 * `{clause, stories}` as JSON from its input; answers, for each story, how the clause reads at the end on both pages and to
 * who opens it afresh, the updates in the order of their making, and how often somebody was told that words didn't come
 * back; and what is sent for a great table that an undo brings back.
 */

import { readFileSync } from "node:fs";
import * as Y from "yjs";
import { pieces } from "../../static/src/editor/pieces";
import { fragmentName } from "../../static/src/editor/texts";
import { Undo } from "../../static/src/editor/undo";

/** Who, what, and the place among the letters where it happens. */
type Step = [0 | 1, "write" | "list" | "type" | "erase" | "empty" | "cut" | "undo" | "send", number?];

class Writer {
  readonly document = new Y.Doc();
  readonly written: Uint8Array[] = [];
  readonly fragment: Y.XmlFragment;
  lost = 0;
  private readonly undoing: Undo;

  constructor(client: number, clause: string) {
    this.document.clientID = client;
    this.fragment = this.document.getXmlFragment(fragmentName(clause));
    const told = () => {
      this.lost += 1;
    };
    this.undoing = new Undo(this.fragment, told, { trackedOrigins: new Set(["mine"]), captureTimeout: 0 });
    this.document.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== "server") this.written.push(update);
    });
  }

  does(what: Step[1], place: number, letter: string): void {
    if (what === "undo") this.undoing.undo();
    else this.document.transact(() => this.edit(what, place, letter), "mine");
  }

  takeIn(updates: readonly Uint8Array[]): void {
    for (const update of updates) Y.applyUpdate(this.document, update, "server");
  }

  private edit(what: Step[1], place: number, letter: string): void {
    if (what === "write") this.fragment.insert(0, [paragraph("ab")]);
    else if (what === "list") this.fragment.insert(0, [list()]);
    else if (what === "empty") ((this.fragment.get(0) as Y.XmlElement).get(0) as Y.XmlElement).delete(0, 1);
    else if (what === "cut") this.fragment.delete(0, 1);
    else if (what === "type") this.letters.insert(place, letter);
    else if (what === "erase") this.letters.delete(place, 1);
  }

  private get letters(): Y.XmlText {
    return (this.fragment.get(0) as Y.XmlElement).get(0) as Y.XmlText;
  }
}

function paragraph(letters: string): Y.XmlElement {
  const made = new Y.XmlElement("paragraph");
  made.insert(0, [new Y.XmlText(letters)]);
  return made;
}

function list(): Y.XmlElement {
  const [made, item] = [new Y.XmlElement("bulletList"), new Y.XmlElement("listItem")];
  item.insert(0, [paragraph("ab")]);
  made.insert(0, [item]);
  return made;
}

function told(clause: string, steps: readonly Step[]) {
  const writers = [new Writer(3, clause), new Writer(7, clause)] as const;
  const sent: Uint8Array[] = [];
  const send = (who: 0 | 1) => {
    const updates = writers[who].written.splice(0);
    sent.push(...updates);
    writers[1 - who]?.takeIn(updates);
  };
  steps.forEach(([who, what, place = 0], number) => {
    if (what === "send") send(who);
    else writers[who].does(what, place, String.fromCharCode("c".charCodeAt(0) + number));
  });
  send(0);
  send(1);
  const afresh = new Y.Doc();
  Y.applyUpdate(afresh, Y.encodeStateAsUpdate(writers[0].document));
  return {
    read: [...writers.map(({ fragment }) => fragment), afresh.getXmlFragment(fragmentName(clause))].map(String),
    updates: sent.map((update) => Buffer.from(update).toString("base64")),
    lost: writers.map(({ lost }) => lost),
  };
}

// ------------------------------------------------------------------ a table too great to be sent at once

const COLUMNS = 6;

function table(rows: number): Y.XmlElement {
  const made = new Y.XmlElement("table");
  const row = (number: number) => {
    const whole = new Y.XmlElement("tableRow");
    const cells = Array.from({ length: COLUMNS }, (_, column) => {
      const cell = new Y.XmlElement("tableCell");
      cell.setAttribute("colspan", 1 as unknown as string);
      cell.insert(0, [paragraph(`Indicateur ${number}.${column}`)]);
      return cell;
    });
    whole.insert(0, cells);
    return whole;
  };
  made.insert(0, Array.from({ length: rows }, (_, number) => row(number)));
  return made;
}

/** What the others' editors would mend or delete: rows of another length, nodes of nothing. */
function faults(node: Y.XmlFragment | Y.XmlElement): number {
  const children = node.toArray().filter((child) => child instanceof Y.XmlElement);
  const kind = node instanceof Y.XmlElement ? node.nodeName : "";
  const isWrong = kind === "tableRow" ? children.length !== COLUMNS : /^table/.test(kind) && !children.length;
  return children.reduce((total, child) => total + faults(child), Number(isWrong));
}

/** The pieces sent when one person's undo brings back a table, in which the other wrote (or not); how each leaves it. */
function broughtBack(clause: string, rows: number, most: number, isOfTwo: boolean) {
  const [mine, theirs] = [new Writer(3, clause), new Writer(7, clause)];
  mine.fragment.insert(0, [table(rows)]);
  theirs.takeIn([Y.encodeStateAsUpdate(mine.document)]);
  if (isOfTwo) {
    const cells = (theirs.fragment.get(0) as Y.XmlElement).get(2) as Y.XmlElement;
    const words = ((cells.get(0) as Y.XmlElement).get(0) as Y.XmlElement).get(0) as Y.XmlText;
    words.insert(3, "écrit par l’autre");
    mine.takeIn(theirs.written.splice(0));
  }
  const before = mine.fragment.toString();
  mine.does("cut", 0, "");
  theirs.takeIn(mine.written.splice(0));
  mine.does("undo", 0, "");
  const sent = mine.written.splice(0).flatMap((update) => pieces(update, most));
  const left = sent.map((piece) => {
    theirs.takeIn([piece]);
    return faults(theirs.fragment);
  });
  const isSame = [mine, theirs].every(({ fragment }) => fragment.toString() === before);
  return { sent: sent.map((piece) => Buffer.from(piece).toString("base64")), left, isSame };
}

const asked = JSON.parse(readFileSync(0, "utf8")) as { clause: string; stories: Record<string, Step[]> };
const answers = Object.entries(asked.stories).map(([name, steps]) => [name, told(asked.clause, steps)]);
const great = [false, true].map((isOfTwo) => broughtBack(asked.clause, 60, 10_000, isOfTwo));
process.stdout.write(JSON.stringify({ ...Object.fromEntries(answers), great }));
