/**
 * The texts of a page that can be written together, before anybody writes: a text to read. The editor is fetched when
 * somebody first goes into one, or at once where the page says so: for who may only read it as it is written, too.
 *
 *   <div class="live-draft" data-draft-part="…" data-draft-side="commune|ours|authorities" data-clause="…"
 *        data-editable="true|false" data-open="now" data-label="Texte commun de la clause EN06">
 *     <p class="saved" role="status"></p>              (optional: where to say what is saved)
 *     <div class="read">current text, in HTML</div>
 *   </div>
 */

import type { Socket } from "socket.io-client";
import { ownerKey, ownersOf, placeOfOwner } from "../editor/kept";
import type { EditorParts, MountedClause } from "../editor/main";
import { announce, element, told } from "./words";

const EDITABLE = '.live-draft[data-editable="true"]';
const CLOSED = '.live-draft:not([data-editable="true"], [data-open])';
const TEXT = ":scope > .live-text, :scope > .read";
const SLOW_FLUSH_MS = 8000;
const NOT_LOADED = "L’éditeur ne s’est pas chargé\u00a0: rechargez la page pour écrire dans ce texte.";
const NOT_LIVE = "Ce texte n’est pas suivi en direct\u00a0: rechargez la page.";

interface SwapDetail {
  target: Element;
  serverResponse: string;
}

type Editor = typeof import("../editor/main");
type Caret = { x: number; y: number } | "end" | null;

const mounted = new Map<Element, MountedClause>();
/** On their way, with where their caret goes. */
const opening = new Map<Element, Caret>();
/** Texts that a swap took away while they were open: opened again when they come back. */
const reopen = new Set<string>();

let parts: EditorParts | null = null;
let editor: Promise<Editor> | null = null;

export function startLiveDrafts(): void {
  document.addEventListener("htmx:load", (event) => prepare(event.target as Element));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target instanceof Element) leave(event.target);
  });
  document.addEventListener("htmx:beforeSwap", (event) => keepMounted((event as CustomEvent<SwapDetail>).detail));
  document.addEventListener("submit", flushBefore, { capture: true });
  document.addEventListener("navette:given-back", () => void recoverAll());
  prepare(document.body);
}

/** Called once the page is connected; before that a text stays a text. */
export function connectLiveDrafts(socket: Socket, person: string): void {
  parts = { socket, person, announce };
  prepare(document.body);
  // Outside of every table: its text may be closed to its author by now, or no page of his any more.
  if (told("negotiation") === null) void recoverElsewhere(person);
}

function prepare(container: Element): void {
  const found = [...container.querySelectorAll<HTMLElement>(".live-draft")];
  if (container.matches(".live-draft")) found.push(container as HTMLElement);
  for (const draft of found) {
    draft.querySelector(TEXT)?.classList.add("live-text");
    if (draft.matches(EDITABLE)) invite(draft);
    else if (draft.dataset.open === "now") void open(draft, null);
  }
  void recoverAll();
}

/** Under a text that is no longer written, what its reader wrote in it and couldn't send. */
async function recoverAll(): Promise<void> {
  const closed = [...document.querySelectorAll<HTMLElement>(CLOSED)];
  if (parts === null || !closed.length) return;
  const owners = await ownersOf(parts.person);
  for (const draft of closed) await recover(draft, owners);
}

async function recover(draft: HTMLElement, owners: readonly string[]): Promise<void> {
  const { draftPart = "", draftSide = "" } = draft.dataset;
  if (parts === null || mounted.has(draft) || opening.has(draft)) return;
  if (!owners.includes(ownerKey(parts.person, draftPart, draftSide))) return;
  opening.set(draft, null);
  try {
    const found = await (await fetchEditor()).recover(draft, parts);
    if (draft.isConnected) mounted.set(draft, found);
    else found.destroy();
  } catch {
    // Nothing is lost: what is kept stays on this computer, and the next page looks again.
  } finally {
    opening.delete(draft);
  }
}

async function recoverElsewhere(person: string): Promise<void> {
  const owners = await ownersOf(person);
  const shown = element("details", "kept-elsewhere", element("summary", "", "Vos mots gardés sur ce poste"));
  document.getElementById("contenu")?.prepend(shown);
  for (const owner of owners) {
    const place = element("div", "live-draft");
    const { part, side } = placeOfOwner(owner);
    Object.assign(place.dataset, { draftPart: part, draftSide: side, editable: "false" });
    shown.append(place);
    await recover(place, owners);
  }
}

function invite(draft: HTMLElement): void {
  const text = draft.querySelector<HTMLElement>(".live-text");
  if (parts === null || text === null) return;
  const wanted = reopen.delete(nameOf(draft)) || draft.dataset.open === "now";
  if (draft.dataset.invited === undefined) {
    draft.dataset.invited = "";
    text.tabIndex = 0;
    text.title = "Cliquer pour écrire, ou touche Entrée";
    // Ahead of time: when it fails, whoever then goes into the text is told.
    text.addEventListener("focus", () => void fetchEditor().catch(() => null), { once: true });
    text.addEventListener("click", (event) => {
      if (!(event.target as Element).closest("a")) void open(draft, { x: event.clientX, y: event.clientY });
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== text) return;
      event.preventDefault();
      void open(draft, "end");
    });
  }
  if (wanted) void open(draft, null);
}

function nameOf({ dataset }: HTMLElement): string {
  return [dataset.draftPart, dataset.draftSide, dataset.clause].join("|");
}

function fetchEditor(): Promise<Editor> {
  editor ??= import("../editor/main").catch((error: unknown) => {
    editor = null;
    throw error;
  });
  return editor;
}

async function open(draft: HTMLElement, caret: Caret): Promise<void> {
  if (parts === null) return;
  if (mounted.has(draft) || opening.has(draft)) {
    if (caret !== null) remember(draft, caret);
    return;
  }
  opening.set(draft, caret);
  try {
    const { mount } = await fetchEditor();
    if (draft.isConnected) mounted.set(draft, mount(draft, parts, opening.get(draft) ?? null));
  } catch {
    sayNotLoaded(draft);
  } finally {
    opening.delete(draft);
  }
}

/** Gone into before it was open. */
function remember(draft: HTMLElement, caret: Caret): void {
  if (opening.has(draft)) opening.set(draft, caret);
  else mounted.get(draft)?.goTo?.(caret);
}

function sayNotLoaded(draft: HTMLElement): void {
  if (draft.querySelector(".live-problem")) return;
  const line = element("p", "live-problem", draft.matches(EDITABLE) ? NOT_LOADED : NOT_LIVE);
  line.setAttribute("role", "alert");
  draft.prepend(line);
}

function leave(element: Element): void {
  const clause = mounted.get(element);
  if (clause === undefined) return;
  mounted.delete(element);
  reopen.add(nameOf(element as HTMLElement));
  clause.destroy();
}

/** An open text outlives the refresh of what stands around it: htmx puts the element itself back in its place. */
function keepMounted(detail: SwapDetail): void {
  const inside = [...mounted.keys()].filter((draft) => detail.target.contains(draft)) as HTMLElement[];
  if (!inside.length || !detail.serverResponse.includes("live-draft")) return;
  const { body } = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  for (const coming of body.querySelectorAll<HTMLElement>(".live-draft")) {
    const same = inside.find((draft) => nameOf(draft) === nameOf(coming) && isAsOpen(draft, coming));
    if (same === undefined) continue;
    same.id ||= `texte-vivant-${nameOf(same).replaceAll("|", "-")}`;
    coming.id = same.id;
    coming.setAttribute("hx-preserve", "true");
  }
  detail.serverResponse = body.innerHTML;
}

function isAsOpen(one: HTMLElement, other: HTMLElement): boolean {
  return one.dataset.editable === other.dataset.editable && one.dataset.open === other.dataset.open;
}

/** « Proposer ce texte »: the server reads the draft, so the draft must have arrived there first. */
function flushBefore(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (!form.matches("[data-flush-draft]") || form.dataset.flushed !== undefined || editor === null) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  const { part, side } = draftOf(form);
  // An editor that never came holds no words to wait for.
  const flushed = editor.then(
    ({ flush }) => flush(part, side, SLOW_FLUSH_MS),
    () => null,
  );
  void flushed.then((problem) => {
    if (problem !== null) {
      sayBeside(form, problem);
      return;
    }
    // In a task of its own: a browser ignores a form sent while its « submit » event is still being told.
    window.setTimeout(() => {
      form.dataset.flushed = "";
      form.requestSubmit(submitter);
      delete form.dataset.flushed;
    });
  });
}

/** The draft that a form is about: its own attributes, the text it stands in or beside; else every open draft. */
function draftOf(form: HTMLElement): { part?: string | undefined; side?: string | undefined } {
  const around = form.closest<HTMLElement>("[data-draft-part]");
  const near = around ?? form.querySelector<HTMLElement>("[data-draft-part]");
  const beside = near ?? form.parentElement?.querySelector<HTMLElement>(".live-draft");
  return { part: beside?.dataset.draftPart, side: beside?.dataset.draftSide };
}

function sayBeside(form: HTMLElement, sentence: string): void {
  let line = form.querySelector<HTMLElement>(".flush-refused");
  if (line === null) {
    line = document.createElement("p");
    line.className = "flush-refused field-error";
    line.setAttribute("role", "alert");
    form.prepend(line);
  }
  line.textContent = sentence;
}
