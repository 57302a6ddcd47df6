/** A change elsewhere: the page asks again for the fragments that carry the ids, and never over typed words. */

import htmx from "htmx.org";
import { holdsTypedText } from "./typed_text";
import { button, element } from "./words";

export interface PageChange {
  type: string;
  negotiation: string;
  part?: string | null;
  clause?: string | null;
}

declare global {
  interface DocumentEventMap {
    "navette:changed": CustomEvent<PageChange>;
  }
}

/** Several changes of one move, or of a whole part accepted, arrive together: one request for each fragment. */
const GATHER_MS = 150;
/** A button that changes its meaning under the pointer answers nothing until its words can have been read. */
const READ_MS = 800;

interface SwapDetail {
  target: Element;
  serverResponse: string;
}

const waiting = new Set<Element>();
let timer: number | undefined;

export function startRefreshing(): void {
  document.addEventListener("navette:changed", ({ detail }) => {
    const keys = new Set(["table"]);
    if (/^(message|words)\./.test(detail.type)) keys.add(detail.part ? `discussion:${detail.part}` : "discussion");
    if (detail.type.startsWith("task.")) keys.add("tasks");
    if (detail.part) keys.add(`part:${detail.part}`);
    if (detail.clause) keys.add(`clause:${detail.clause}`);
    ask((key) => keys.has(key));
  });
  document.addEventListener("htmx:beforeSwap", (event) => keepUnfolded((event as CustomEvent<SwapDetail>).detail));
}

/** After a time without connection nobody knows what was missed: everything is asked for again. */
export function refreshAll(): void {
  ask(() => true);
}

function ask(concerns: (key: string) => boolean): void {
  for (const found of document.querySelectorAll("[data-refresh-on][data-refresh-url]")) {
    const keys = found.getAttribute("data-refresh-on")?.split(/\s+/) ?? [];
    if (keys.some(concerns)) waiting.add(found);
  }
  window.clearTimeout(timer);
  timer = window.setTimeout(refetch, GATHER_MS);
}

function refetch(): void {
  const fragments = [...waiting].filter((one) => one.isConnected);
  waiting.clear();
  for (const fragment of fragments) {
    const inside = fragments.some((other) => other !== fragment && other.contains(fragment));
    if (inside && !fragments.some((other) => other.contains(fragment) && isBusy(other))) continue;
    if (isBusy(fragment)) offer(fragment);
    else swap(fragment);
  }
}

function isBusy(fragment: Element): boolean {
  return fragment.querySelector(".ProseMirror-focused[contenteditable=true]") !== null || holdsTypedText(fragment);
}

function swap(fragment: Element): void {
  const address = fragment.getAttribute("data-refresh-url") as string;
  const here = document.activeElement?.closest("summary") ?? null;
  const focused = here && fragment.contains(here) ? nameOf(here.parentElement as HTMLElement) : null;
  void htmx.ajax("get", address, { source: fragment, target: fragment, swap: "outerHTML" }).then(() => {
    letRead(address);
    if (focused === null || document.activeElement !== document.body) return;
    const same = [...document.querySelectorAll("details")].find((one) => nameOf(one) === focused);
    same?.querySelector("summary")?.focus({ preventScroll: true });
  });
}

/** « Accepter la version 2 » may just have become « version 3 »: nobody accepts what he had no time to see (T12). */
function letRead(address: string): void {
  const came = document.querySelector(`[data-refresh-url="${CSS.escape(address)}"]`);
  const answers = [...(came?.querySelectorAll<HTMLButtonElement>("form button[type=submit]:enabled") ?? [])];
  for (const answer of answers) answer.disabled = true;
  window.setTimeout(() => {
    for (const answer of answers) answer.disabled = false;
  }, READ_MS);
}

/** What the reader has unfolded stays so: a form that folds itself under the hand is a form one loses. */
function keepUnfolded(detail: SwapDetail): void {
  if (!detail.target.hasAttribute("data-refresh-url")) return;
  const unfolded = new Set([...detail.target.querySelectorAll<HTMLElement>("details[open]")].map(nameOf));
  if (!unfolded.size) return;
  const { body } = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  for (const coming of body.querySelectorAll("details")) if (unfolded.has(nameOf(coming))) coming.open = true;
  detail.serverResponse = body.innerHTML;
}

/** The same from one answer to the next: the field it holds, else the words to click on. */
function nameOf(folded: HTMLElement): string {
  const field = folded.querySelector("textarea, input:not([type=hidden])");
  return field?.id || folded.querySelector("summary")?.textContent?.trim() || "";
}

function offer(fragment: Element): void {
  if (fragment.querySelector(":scope > .refresh-offer")) return;
  const subject = fragment.getAttribute("data-refresh-on")?.startsWith("clause:") ? "Cette clause" : "Cette page";
  const way = button(`${subject} a changé : actualiser`, "button button-small", () => swap(fragment));
  const line = element("p", "refresh-offer", way);
  line.setAttribute("role", "status");
  fragment.prepend(line);
}
