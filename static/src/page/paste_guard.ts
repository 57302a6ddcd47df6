/**
 * What is copied from a private place and pasted where others read waits for a yes. Only fingerprints of the words are
 * kept, for as long as the tab lives.
 */

import { button, element } from "./words";

const KEY = "navette:copies-internes";
const PRIVATE = ".private";
const FIELD = "textarea, input[type=text], [contenteditable=true]";
/** A sentence shorter than this is anybody's. */
const TELLING = 16;
const MOST = 400;

const allowed = new WeakSet<Event>();

export function startGuardingPastes(): void {
  for (const kind of ["copy", "cut"] as const) document.addEventListener(kind, note, { capture: true });
  document.addEventListener("paste", guard, { capture: true });
}

function note(event: ClipboardEvent): void {
  const from = event.target instanceof Element ? event.target : document.activeElement;
  const selection = document.getSelection();
  const node = selection?.anchorNode ?? null;
  const place = node instanceof Element ? node : (node?.parentElement ?? null);
  if (!from?.closest(PRIVATE) && !place?.closest(PRIVATE)) return;
  const copied = selected(from) || selection?.toString() || "";
  const kept = new Set(read());
  for (const print of prints(copied)) kept.add(print);
  sessionStorage.setItem(KEY, JSON.stringify([...kept].slice(-MOST)));
}

function selected(from: Element | null): string {
  if (!(from instanceof HTMLTextAreaElement || from instanceof HTMLInputElement)) return "";
  return from.value.slice(from.selectionStart ?? 0, from.selectionEnd ?? 0);
}

function guard(event: ClipboardEvent): void {
  const field = event.target instanceof Element ? event.target.closest<HTMLElement>(FIELD) : null;
  if (allowed.has(event) || !field || field.closest(PRIVATE)) return;
  const words = event.clipboardData?.getData("text/plain") ?? "";
  const kept = new Set(read());
  if (!prints(words).some((print) => kept.has(print))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const rich = event.clipboardData?.getData("text/html") ?? "";
  const caret = caretOf(field);
  ask(field, () => paste(field, words, rich, caret));
}

type Caret = { from: number; to: number } | null;

function caretOf(field: HTMLElement): Caret {
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return null;
  return { from: field.selectionStart ?? field.value.length, to: field.selectionEnd ?? field.value.length };
}

function paste(field: HTMLElement, words: string, rich: string, caret: Caret): void {
  field.focus();
  if (caret && (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) {
    field.setRangeText(words, caret.from, caret.to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  // The editor reads the paste itself: it is given the same one again.
  const data = new DataTransfer();
  data.setData("text/plain", words);
  if (rich) data.setData("text/html", rich);
  const again = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  allowed.add(again);
  field.dispatchEvent(again);
}

function ask(field: HTMLElement, agreed: () => void): void {
  const title = element("h2", "", "Ce texte vient de votre côté interne");
  title.id = "collage-titre";
  const no = button("Annuler", "button button-main", () => dialog.close());
  const yes = button("Coller", "button", () => {
    dialog.close("paste");
  });
  const dialog = element(
    "dialog",
    "paste-asked",
    title,
    element("p", "", "Vous le collez dans un champ que d’autres parties liront."),
    element("p", "bar-line", no, yes),
  );
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.addEventListener("close", () => {
    const pastes = dialog.returnValue === "paste";
    dialog.remove();
    if (pastes) agreed();
    else field.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

/** Of the whole, and of each sentence long enough to be told from others. */
function prints(text: string): number[] {
  const whole = plain(text);
  const pieces = text.split(/[.!?;\n]+/).map(plain);
  return [whole, ...pieces].filter((piece) => piece.length >= TELLING || (piece && piece === whole)).map(fingerprint);
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").trim().toLowerCase();
}

/** FNV-1a, with the length: enough to know words again, not to read them. */
function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash * 1024 + (text.length % 1024);
}

function read(): number[] {
  return JSON.parse(sessionStorage.getItem(KEY) ?? "[]") as number[];
}
