/** What is typed in a composer outlives a refresh, a reload and an expired session, until it has been sent. */

import { button, element, told } from "./words";

const PREFIX = "navette:texte";
const SENT = "navette:parti";

interface Kept {
  text: string;
  /** What the server had put in the field when this was typed over it. */
  base: string;
}

export function startKeepingTypedText(): void {
  forgetWhatWasSent();
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLTextAreaElement) keep(event.target);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented) return;
    if (form.getAttribute("action") === "/deconnexion") forgetAll();
    else sessionStorage.setItem(SENT, JSON.stringify(keysOf(form)));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = (event as CustomEvent<{ elt: Element; successful: boolean }>).detail;
    if (successful && elt instanceof HTMLFormElement) forget(keysOf(elt));
  });
  document.addEventListener("htmx:load", (event) => restore(event.target as Element));
  restore(document.body);
}

/** Whether a swap of this element would cost somebody words that nothing else keeps. */
export function holdsTypedText(container: Element): boolean {
  for (const field of container.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    const isHere = field === document.activeElement;
    // A passage that was cited is told by more fields than this one.
    const isKept = (keyOf(field) !== null || isLive(field)) && !field.matches("[data-quote]");
    if (isTyped(field) && (isHere || !isKept)) return true;
  }
  return false;
}

function isTyped(field: HTMLInputElement | HTMLTextAreaElement): boolean {
  if (field instanceof HTMLInputElement && !/^(text|search|email|number|date|url|tel)$/.test(field.type)) return false;
  return field.value !== field.defaultValue;
}

function fieldsOf(container: Element): HTMLTextAreaElement[] {
  return [...container.querySelectorAll("textarea")].filter((field) => keyOf(field) !== null);
}

function keysOf(form: Element): string[] {
  return fieldsOf(form).map((field) => keyOf(field) as string);
}

/** Person, form and field; null for a field that isn't kept: the live editor keeps its own. */
function keyOf(field: Element): string | null {
  const person = told("person");
  if (!(field instanceof HTMLTextAreaElement) || !field.form || !person || isLive(field)) return null;
  return [PREFIX, person, formName(field.form), field.name].join("|");
}

/** Written together: the draft itself keeps it. */
function isLive(field: HTMLInputElement | HTMLTextAreaElement): boolean {
  return (
    field.closest(".live-draft") !== null || (field.name === "value" && field.form?.dataset.flushDraft !== undefined)
  );
}

/** What distinguishes two composers of one name and address: the move, who will read, the thread. A text typed for my
 * party alone must never come back in the field that everybody reads. */
const NAMING = ["move", "readers", "reply_to", "draft"];

function formName(form: HTMLFormElement): string {
  const hidden = NAMING.map((name) => form.querySelector<HTMLInputElement>(`input[type=hidden][name=${name}]`)?.value);
  return [form.id, form.getAttribute("action") ?? location.pathname, ...hidden.map((value) => value ?? "")].join(":");
}

function keep(field: HTMLTextAreaElement): void {
  const key = keyOf(field);
  if (key === null) return;
  if (field.value === field.defaultValue) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, JSON.stringify({ text: field.value, base: field.defaultValue } satisfies Kept));
}

function restore(container: Element): void {
  for (const field of fieldsOf(container)) {
    const kept = read(keyOf(field) as string);
    if (kept === null || field.value === kept.text) continue;
    if (field.value === kept.base) put(field, kept.text);
    else offer(field, kept.text);
  }
}

function put(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  const folded = field.closest("details");
  if (folded) folded.open = true;
}

/** The field has come back with another text in it: the reader chooses which to go on from. */
function offer(field: HTMLTextAreaElement, text: string): void {
  if (field.parentElement?.querySelector(".typed-before")) return;
  const way = button("Remettre ce que vous aviez tapé", "button button-small", () => {
    put(field, text);
    keep(field);
    line.remove();
    field.focus();
  });
  const line = element("p", "typed-before", "Ce champ contient maintenant autre chose. ", way);
  field.after(line);
}

function read(key: string): Kept | null {
  const stored = sessionStorage.getItem(key);
  return stored === null ? null : (JSON.parse(stored) as Kept);
}

function forget(keys: string[]): void {
  for (const key of keys) sessionStorage.removeItem(key);
}

function forgetAll(): void {
  forget(Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)));
}

/** A form that left the page has arrived when the next page is there and is no error. */
function forgetWhatWasSent(): void {
  const sent = sessionStorage.getItem(SENT);
  if (sent === null) return;
  sessionStorage.removeItem(SENT);
  const [arrival] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & {
    responseStatus?: number;
  })[];
  if ((arrival?.responseStatus ?? 200) < 400) forget(JSON.parse(sent) as string[]);
}
