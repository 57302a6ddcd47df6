/**
 * Run by tests/unit/test_live_redline.py in Node: reads `{pairs, rounds}` as JSON from its input, answers with the
 * segments of each pair of texts, and with the random documents that no series of « Rétablir » brought back.
 */

import { readFileSync } from "node:fs";
import { getSchema } from "@tiptap/core";
import { Fragment, type Node } from "@tiptap/pm/model";
import { EditorState } from "@tiptap/pm/state";
import * as Y from "yjs";
import { Authors } from "../../static/src/editor/redline_authors";
import { type Change, Comparison, textOf } from "../../static/src/editor/redline_changes";
import { restore } from "../../static/src/editor/redline_restore";
import { Cutter } from "../../static/src/editor/redline_units";
import { compared, tokensOf } from "../../static/src/editor/redline_words";
import { mergedLines, Writings } from "../../static/src/editor/typed_list";
import { schema as extensions } from "../../static/src/editor/schema";

const schema = getSchema(extensions);
const WORDS = "le taux de l’ARS 840 000 euros chaque année , . établissement places d’accueil fiche bon accord".split(" ");

/** A small generator of its own: the same documents on every machine. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Draw = ReturnType<typeof drawing>;

function words(draw: Draw): Node[] {
  const pieces: Node[] = [];
  for (let count = 1 + draw(8); count > 0; count -= 1) {
    const marks = draw(6) ? [] : [schema.mark("bold")];
    pieces.push(schema.text(`${WORDS[draw(WORDS.length)]} `, marks));
    if (!draw(12)) pieces.push(schema.node("hardBreak"));
  }
  return pieces;
}

const paragraph = (draw: Draw) => schema.node("paragraph", null, words(draw));

function list(draw: Draw, depth: number): Node {
  const items = Array.from({ length: 1 + draw(3) }, () => {
    const inside = depth < 3 && !draw(2) ? [list(draw, depth + 1)] : [];
    return schema.node("listItem", null, [paragraph(draw), ...inside]);
  });
  return schema.node(draw(2) ? "bulletList" : "orderedList", null, items);
}

function table(draw: Draw): Node {
  const width = 2 + draw(2);
  const row = (type: string) =>
    schema.node("tableRow", null, Array.from({ length: width }, () => schema.node(type, null, paragraph(draw))));
  const body = Array.from({ length: 1 + draw(3) }, () => row("tableCell"));
  return schema.node("table", null, [row("tableHeader"), ...body]);
}

function block(draw: Draw): Node {
  const kind = draw(8);
  if (kind === 0) return list(draw, 0);
  if (kind === 1) return table(draw);
  if (kind === 2) return schema.node("blockquote", null, [paragraph(draw)]);
  if (kind === 3) return schema.node("heading", { level: 1 + draw(3) }, words(draw));
  if (kind === 4) return schema.node("horizontalRule");
  return paragraph(draw);
}

/** Blocks dropped, doubled, put elsewhere; words changed. */
function edited(document: Node, draw: Draw): Node {
  const blocks: Node[] = [];
  document.forEach((one) => {
    const fate = draw(8);
    if (fate === 0) return;
    if (fate === 1) blocks.push(block(draw));
    blocks.push(fate === 2 && one.isTextblock ? schema.node("paragraph", null, words(draw)) : changed(one, draw));
  });
  if (!blocks.length) blocks.push(paragraph(draw));
  return schema.node("doc", null, blocks);
}

function changed(node: Node, draw: Draw): Node {
  if (node.isTextblock) return draw(3) ? node : node.copy(Fragment.from([...words(draw), ...node.children.slice(1)]));
  const loses = node.type.name.endsWith("List") && node.childCount > 1 && !draw(3);
  const lost = loses ? draw(node.childCount) : -1;
  const kept = node.children.filter((_, place) => place !== lost);
  const inside = Fragment.from(kept.map((child) => changed(child, draw)));
  const isOther = node.type.name.endsWith("List") && !draw(6);
  if (!isOther) return node.copy(inside);
  return schema.node(node.type.name === "bulletList" ? "orderedList" : "bulletList", null, inside);
}

const texts = (document: Node) => new Cutter().units(document).map((unit) => `${unit.kind} ${textOf(unit)}`);

/** Takes changes back one by one, the first or the last; what is left when nothing more can be. */
function takenBack(reference: Node, draft: Node, draw: Draw): { document: Node; refused: Change[] } {
  let state = EditorState.create({ doc: draft });
  const comparison = new Comparison(new Cutter().units(reference));
  for (let step = 0; step < 200; step += 1) {
    const units = new Cutter().units(state.doc);
    const changes = comparison.changes(units);
    const transaction = changes.map((change) => [state.tr, change] as const).find(([tr, one]) => restore(tr, one, units));
    if (transaction === undefined) return { document: state.doc, refused: changes };
    state = state.apply(transaction[0]);
  }
  return { document: state.doc, refused: comparison.changes(new Cutter().units(state.doc)) };
}

/** A party types two sentences, another splits them: the letters of the second one, seen live, later, and told. */
function letters(): (string | null)[][] {
  const writer = new Y.Doc();
  const splitter = new Y.Doc();
  const letterOf = (client: number) => (client === writer.clientID ? "A" : "G");
  const started = (doc: Y.Doc) => doc.getXmlFragment("clause:x");
  const watching = new Authors(splitter, started(splitter), letterOf);
  const block = (text: string) => {
    const paragraph = new Y.XmlElement("paragraph");
    paragraph.insert(0, [new Y.XmlText(text)]);
    return paragraph;
  };
  started(writer).insert(0, [block("Un début. Une suite")]);
  Y.applyUpdate(splitter, Y.encodeStateAsUpdate(writer));
  splitter.transact(() => {
    const [first] = started(splitter).toArray() as [Y.XmlElement];
    (first.get(0) as Y.XmlText).delete(9, 10);
    started(splitter).insert(1, [block("Une suite")]);
  });
  const later = new Y.Doc();
  Y.applyUpdate(later, Y.encodeStateAsUpdate(splitter));
  const reading = new Authors(later, started(later), letterOf);
  const document = schema.node("doc", null, ["Un début.", "Une suite"].map((text) => schema.node("paragraph", null, [schema.text(text)])));
  const second = (authors: Authors) => authors.runsOf(document, 11).map(({ letter }) => letter);
  const before = second(reading);
  reading.know({ text: "Un début.\nUne suite", runs: [["A", 19]] });
  return [second(watching), before, second(reading)];
}

/** Two add a line each to one list, neither having seen the other's: what each would make of what it then has. */
function lists(): string[] {
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  const valuesOf = (doc: Y.Doc) => doc.getMap<string>("values");
  const exchange = () => {
    const [one, other] = docs.map((doc) => Y.encodeStateAsUpdate(doc)) as [Uint8Array, Uint8Array];
    Y.applyUpdate(docs[1], one);
    Y.applyUpdate(docs[0], other);
  };
  valuesOf(docs[0]).set("x", "MDPH\nÉcole");
  exchange();
  const writings = docs.map((doc) => new Writings(valuesOf(doc), "x"));
  const typed = ["MDPH\nÉcole\nCommune", "Rectorat\nMDPH"];
  for (const [place, doc] of docs.entries()) {
    valuesOf(doc).set("x", typed[place] as string);
    writings[place]?.note();
  }
  exchange();
  return docs.map((doc, place) => {
    const [mine, now] = [typed[place] as string, valuesOf(doc).get("x") as string];
    return mine === now ? now : mergedLines(writings[place]?.base ?? "", mine, now);
  });
}

const { pairs, rounds } = JSON.parse(readFileSync(0, "utf8")) as { pairs: [string, string][]; rounds: number };
const failures: object[] = [];
for (let seed = 1; seed <= rounds; seed += 1) {
  const draw = drawing(seed);
  const reference = schema.node("doc", null, Array.from({ length: 1 + draw(6) }, () => block(draw)));
  const draft = edited(reference, draw);
  draft.check();
  const { document, refused } = takenBack(reference, draft, draw);
  const [wanted, found] = [texts(reference), texts(document)];
  if (refused.length || wanted.join("\n") !== found.join("\n")) {
    failures.push({ seed, refused: refused.map(({ kind }) => kind), wanted, found, draft: texts(draft) });
  }
}
const segments = pairs.map(([before, after]) =>
  compared(tokensOf(before), tokensOf(after)).map(({ kept, deleted, inserted }) => [kept, deleted, inserted]),
);
process.stdout.write(JSON.stringify({ segments, failures, letters: letters(), lists: lists() }));
