/**
 * Run by tests/unit/test_unsent_edits.py in Node: what becomes of values and words that the server hasn't yet, as JSON by
 * the name of the story.
 */

import * as Y from "yjs";
import { withoutClauses } from "../../static/src/editor/split_update";
import { clausesOf, insertedTexts, linesLacking } from "../../static/src/editor/texts";
import { OwnChanges } from "../../static/src/editor/typed_undo";
import { clashesOf, mayWriteValue, settled, unsentValues, valuesOf } from "../../static/src/editor/value_clash";

const SEED = Y.encodeStateAsUpdate(written(1, (doc) => valuesOf(doc).set("k", "4")));

function written(client: number, work: (doc: Y.Doc) => void, ...from: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = client;
  for (const update of from) Y.applyUpdate(doc, update);
  work(doc);
  return doc;
}

/** What one person writes, each edit as an update of its own, as the outbox keeps them. */
function edits(client: number, from: Uint8Array[], ...works: ((doc: Y.Doc) => void)[]): [Y.Doc, Uint8Array[]] {
  const doc = written(client, () => {}, ...from);
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (const work of works) doc.transact(() => work(doc));
  return [doc, updates];
}

const value = (text: string) => (doc: Y.Doc) => void valuesOf(doc).set("k", text);
const whole = (...updates: Uint8Array[]) => Y.encodeStateAsUpdate(written(9, () => {}, ...updates));

/** Whatever the numbers of the two clients, by which a merge decides. */
function bothWrite(): object[] {
  return [
    [100, 200],
    [200, 100],
  ].map(([away, there]) => {
    const [doc, unsent] = edits(away as number, [SEED], value("5"), value("6"));
    const [, theirs] = edits(there as number, [SEED], value("7"));
    return { clashes: clashesOf(whole(SEED, ...theirs), unsent), unsent: [...unsentValues(doc, unsent)] };
  });
}

/** Over what the others wrote; sent already, its answer lost; and a title, which is no value. */
function noSurprise(): object[] {
  const [, theirs] = edits(200, [SEED], value("7"));
  const [, over] = edits(100, [SEED, ...theirs], value("8"));
  const [, sent] = edits(100, [SEED], value("5"));
  const [, after] = edits(200, [SEED, ...sent], value("7"));
  const [, title] = edits(100, [SEED], (doc) => {
    const heading = new Y.XmlElement("heading");
    heading.setAttribute("level", 2 as unknown as string);
    doc.getXmlFragment("clause:a").insert(0, [heading]);
  });
  return [
    clashesOf(whole(SEED, ...theirs), over),
    clashesOf(whole(SEED, ...sent, ...after), sent),
    mayWriteValue(title) ? clashesOf(whole(SEED, ...theirs), title) : [],
  ];
}

function lists(): string[] {
  const clash = { clause: "k", mine: "MDPH\nCommune", theirs: "Rectorat\nMDPH\nÉcole" };
  return [settled(clash, "MDPH\nÉcole"), settled(clash, undefined), settled({ ...clash, mine: "5", theirs: "7" }, "4")];
}

function paragraphs(doc: Y.Doc, clause: string): string[] {
  return doc
    .getXmlFragment(`clause:${clause}`)
    .toArray()
    .map((block) => (block as Y.XmlElement).toArray().join(""));
}

function add(doc: Y.Doc, clause: string, words: string): void {
  const paragraph = new Y.XmlElement("paragraph");
  paragraph.insert(0, [new Y.XmlText(words)]);
  const fragment = doc.getXmlFragment(`clause:${clause}`);
  fragment.insert(fragment.length, [paragraph]);
}

/** Two clauses written in without a network, words deleted in both; one was closed meanwhile. */
function leftOut(): object {
  const start = Y.encodeStateAsUpdate(
    written(1, (doc) => {
      for (const clause of ["open", "closed"]) for (const words of ["Un.", "Deux."]) add(doc, clause, words);
      for (const clause of ["open", "closed"]) valuesOf(doc).set(clause, "4");
    }),
  );
  const write = (clause: string) => (doc: Y.Doc) => {
    const fragment = doc.getXmlFragment(`clause:${clause}`);
    (fragment.get(1) as Y.XmlElement).insert(1, [new Y.XmlText(" Encore.")]);
    fragment.delete(0, 1);
    add(doc, clause, "Trois.");
    valuesOf(doc).set(clause, "5");
  };
  const works = ["closed", "open", "closed", "open"].map(write);
  const [doc, unsent] = edits(100, [start], ...works, (mine) => add(mine, "open", "Fin."));
  const rest = withoutClauses(doc, unsent, new Set(["closed"])) as Uint8Array;
  const server = written(9, () => {}, start);
  Y.applyUpdate(server, rest);
  return {
    open: [paragraphs(server, "open"), paragraphs(doc, "open")],
    closed: paragraphs(server, "closed"),
    values: valuesOf(server).toJSON(),
    pending: server.store.pendingStructs !== null,
    touched: touchedBy(start, rest),
    nothing: withoutClauses(doc, unsent, new Set(["closed", "open"])),
  };
}

/** What whoever applies the update hears of: the server refuses by that. */
function touchedBy(start: Uint8Array, update: Uint8Array): string[] {
  const doc = written(9, () => {}, start);
  const heard = new Set<string>();
  for (const clause of ["open", "closed"]) {
    doc.getXmlFragment(`clause:${clause}`).observeDeep(() => heard.add(clause));
  }
  valuesOf(doc).observe(({ keysChanged }) => {
    for (const key of keysChanged) heard.add(`value of ${key}`);
  });
  Y.applyUpdate(doc, update);
  return [...heard].sort();
}

function undone(): object {
  const own = new OwnChanges();
  own.note("4", "1", 0);
  own.note("1", "14", 200);
  own.note("14", "15", 9000);
  const back = [own.undo("15"), own.undo("14"), own.undo("4")];
  const again = own.redo("4");
  const another = own.undo("7");
  const list = new OwnChanges();
  list.note("MDPH\nÉcole", "MDPH\nÉcole\nCommune", 0);
  return { back, again, another, list: list.undo("Rectorat\nMDPH\nÉcole\nCommune") };
}

/** A part that was rebuilt while somebody wrote in two of its clauses: of the one, all is there. */
function rebuilt(): string[] {
  const doc = written(1, (mine) => {
    for (const words of ["Un.", "Deux, rebâti."]) add(mine, "rebuilt", words);
    add(mine, "other", "Trois.");
  });
  const asked: [string | null, string][] = [
    ["rebuilt", "Un.\nDeux, écrit hors ligne."],
    ["other", "Trois.\n"],
    [null, "Trois.\nDeux.\nUn."],
  ];
  return asked.map(([clause, text]) => linesLacking(doc, clause, text));
}

/** What an earlier page left for a document that is no more: two clauses one by one, then both in one go. */
function formerPage(): object {
  const doc = new Y.Doc();
  const rows: { update: Uint8Array; clauses: string[] }[] = [];
  doc.on("update", (update: Uint8Array, _: unknown, __: Y.Doc, transaction: Y.Transaction) =>
    rows.push({ update, clauses: clausesOf(transaction) }),
  );
  add(doc, "first", "Un.");
  add(doc, "second", "Ailleurs.");
  add(doc, "first", "Deux.");
  value("5")(doc);
  doc.transact(() => {
    add(doc, "first", "Ensemble,");
    add(doc, "second", "partout.");
  });
  return [...insertedTexts(rows)];
}

process.stdout.write(
  JSON.stringify({
    bothWrite: bothWrite(),
    noSurprise: noSurprise(),
    lists: lists(),
    leftOut: leftOut(),
    undone: undone(),
    rebuilt: rebuilt(),
    formerPage: formerPage(),
  }),
);
