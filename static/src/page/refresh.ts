/** A change elsewhere: the page asks again for the fragments that carry the ids, and never over typed words. */

import htmx from "htmx.org";
import { followClauseList } from "./clause_list";
import { keysOfSeance } from "./seance_keys";
import { holdsTypedText } from "./typed_text";
import { announce, button, element } from "./words";

export interface PageChange {
  type: string;
  negotiation: string;
  part?: string | null;
  clause?: string | null;
  seance?: string | null;
}

declare global {
  interface DocumentEventMap {
    "navette:changed": CustomEvent<PageChange>;
  }
}

/** Several changes of one move, or of a whole part accepted, arrive together: one request for each fragment. */
const GATHER_MS = 150;
/** The pointer of a séance moves alone, and sixty people look where it goes. */
const POINTED_MS = 20;
/** A button that changes its meaning under the pointer answers nothing until its words can have been read. */
const READ_MS = 800;
const REOPENED = "Le contrat est rouvert\u00a0: il s’écrit de nouveau.";
/** On the buttons that just came. */
const JUST_CAME = "data-just-came";
const LOOK_AGAIN = "Cette page vient de changer : rien n’est parti. Relisez, puis recommencez.";

/** What `/morceaux` says of one piece. */
interface Answer {
  status: string | undefined;
  html: string;
}

interface SwapDetail {
  target: Element;
  serverResponse: string;
}

const waiting = new Set<Element>();
let timer: number | undefined;

export function startRefreshing(): void {
  document.addEventListener("navette:changed", ({ detail }) => {
    // What was below it went or came with it: the clause that is open may be one of those.
    if (/^part\.(dropped|restored)$/.test(detail.type)) return refreshAll();
    // Everything that the gel closed may be written again.
    if (detail.type === "version.voided") {
      announce(REOPENED);
      return refreshAll();
    }
    // Only the discussion shows it, which puts it at its end.
    if (detail.type === "message.sent") return;
    const keys = keysOf(detail);
    ask((key) => keys.has(key), detail.type === "seance.pointed" ? POINTED_MS : GATHER_MS);
  });
  document.addEventListener("htmx:beforeSwap", (event) => keepAsLeft((event as CustomEvent<SwapDetail>).detail));
  document.addEventListener("click", holdBack, { capture: true });
}

/** What the pieces that a change concerns carry. */
function keysOf(detail: PageChange): Set<string> {
  const keys = new Set(["table"]);
  if (detail.type.startsWith("words.")) keys.add(detail.part ? `discussion:${detail.part}` : "discussion");
  if (detail.type.startsWith("task.")) keys.add("tasks");
  if (detail.part) keys.add(`part:${detail.part}`);
  if (detail.clause) keys.add(`clause:${detail.clause}`);
  for (const key of keysOfSeance(detail)) keys.add(key);
  return keys;
}

/** After a time without connection nobody knows what was missed: everything is asked for again. */
export function refreshAll(): void {
  ask(() => true);
}

function ask(concerns: (key: string) => boolean, pause = GATHER_MS): void {
  for (const found of document.querySelectorAll("[data-refresh-on][data-refresh-url]")) {
    const keys = found.getAttribute("data-refresh-on")?.split(/\s+/) ?? [];
    if (keys.some(concerns)) waiting.add(found);
  }
  window.clearTimeout(timer);
  timer = window.setTimeout(refetch, pause);
}

function refetch(): void {
  const fragments = [...waiting].filter((one) => one.isConnected);
  waiting.clear();
  const free: Element[] = [];
  for (const fragment of fragments) {
    const inside = fragments.some((other) => other !== fragment && other.contains(fragment));
    if (inside && !fragments.some((other) => other.contains(fragment) && isBusy(other))) continue;
    if (isBusy(fragment)) offer(fragment);
    else free.push(fragment);
  }
  const [only, ...others] = free;
  if (only && others.length) void fetchTogether(free);
  else if (only) swap(only);
}

/** The pieces of one page in one request; what isn't answered in it is asked for alone, with its refusal. */
async function fetchTogether(fragments: Element[]): Promise<void> {
  const asked = new URLSearchParams(fragments.map((one) => ["de", addressOf(one)]));
  let answers: Answer[] = [];
  try {
    const answer = await fetch(`/morceaux?${asked}`, { headers: { "HX-Request": "true" } });
    if (answer.ok && !answer.redirected) answers = answersIn(await answer.text());
  } catch {
    // No answer: each piece asks for itself below, and says it.
  }
  for (const [place, fragment] of fragments.entries()) {
    const came = answers[place];
    // A piece that came with another one, or in which somebody began to write meanwhile.
    if (!fragment.isConnected) continue;
    if (isBusy(fragment)) offer(fragment);
    else if (came?.status === "200") put(fragment, came.html);
    else swap(fragment);
  }
}

function isBusy(fragment: Element): boolean {
  return fragment.querySelector(".ProseMirror-focused[contenteditable=true]") !== null || holdsTypedText(fragment);
}

function answersIn(page: string): Answer[] {
  const pieces = new DOMParser().parseFromString(page, "text/html").querySelectorAll("template");
  return [...pieces].map(({ dataset, innerHTML }) => ({ status: dataset.status, html: innerHTML }));
}

function addressOf(fragment: Element): string {
  return fragment.getAttribute("data-refresh-url") as string;
}

function swap(fragment: Element): void {
  const address = addressOf(fragment);
  let lookBack = (): void => {};
  // As late as can be: the reader goes on while the answer is on its way.
  const look = (): void => {
    lookBack = wayBack();
  };
  fragment.addEventListener("htmx:beforeSwap", look, { once: true });
  void htmx.ajax("get", address, { source: fragment, target: fragment, swap: "outerHTML" }).then(() => {
    letRead(address);
    lookBack();
  }, unanswered);
}

/** The network went before the answer came: once it is back, every piece is asked for again. */
export function unanswered(): void {}

/** What came with others takes its place as if htmx had asked for it. */
function put(fragment: Element, html: string): void {
  const address = addressOf(fragment);
  const detail = { target: fragment, serverResponse: html, xhr: { status: 200, responseText: html }, shouldSwap: true };
  const lookBack = wayBack();
  htmx.trigger(fragment, "htmx:beforeSwap", detail);
  htmx.swap(
    fragment,
    detail.serverResponse,
    { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 },
    {
      contextElement: fragment,
      select: fragment.getAttribute("hx-select") ?? undefined,
      afterSettleCallback: () => {
        letRead(address);
        lookBack();
      },
    },
  );
}

/** To the place in the plan and to the element that had the focus. */
function wayBack(): () => void {
  const focused = document.activeElement instanceof HTMLElement ? wayBackTo(document.activeElement) : null;
  const planAt = document.getElementById("plan")?.scrollTop ?? 0;
  return () => {
    const plan = document.getElementById("plan");
    if (plan) plan.scrollTop = planAt;
    if (document.activeElement !== document.body) return;
    focused?.()?.focus({ preventScroll: true });
  };
}

/** How to find this element again in what takes its place: in the same piece of the page, what leads to the same. */
function wayBackTo(left: HTMLElement): () => HTMLElement | undefined {
  const piece = left.parentElement?.closest("[id]")?.id ?? "";
  const sign = signOf(left);
  return () => {
    if (left.isConnected) return undefined;
    const place = document.getElementById(piece);
    const others = (place ?? document.body).querySelectorAll<HTMLElement>(left.tagName);
    // What led somewhere may be gone because one is there now: its place has the focus, where it may.
    return [...others].find((one) => signOf(one) === sign) ?? place ?? undefined;
  };
}

function signOf(one: HTMLElement): string {
  if (one.tagName === "SUMMARY") return nameOf(one.parentElement as HTMLElement);
  return one.id || one.getAttribute("href") || one.getAttribute("value") || one.textContent?.trim() || "";
}

/**
 * « Accepter la version 2 » may just have become « version 3 »: nobody accepts what he had no time to see (T12). They
 * keep their place in the order of the keyboard meanwhile, which goes through them.
 */
function letRead(address: string): void {
  const came = document.querySelector(`[data-refresh-url="${CSS.escape(address)}"]`);
  const answers = came?.querySelectorAll("form button[type=submit]:enabled:not([aria-disabled=true])") ?? [];
  for (const answer of answers) {
    answer.setAttribute(JUST_CAME, "");
    answer.setAttribute("aria-disabled", "true");
  }
  window.setTimeout(() => {
    for (const answer of answers) {
      answer.removeAttribute(JUST_CAME);
      // A form that is on its way meanwhile has closed its buttons itself.
      if (!answer.closest("[data-sending]")) answer.removeAttribute("aria-disabled");
    }
  }, READ_MS);
}

/** By pointer, by key, or by Enter in a field of the form, which clicks on its button. */
function holdBack(event: Event): void {
  if (!(event.target instanceof Element) || !event.target.closest(`[${JUST_CAME}]`)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  announce(LOOK_AGAIN);
}

/** What the reader has unfolded or ticked stays so: a form that folds itself under the hand is a form one loses. */
function keepAsLeft(detail: SwapDetail): void {
  if (!detail.target.hasAttribute("data-refresh-url")) return;
  const { body } = new DOMParser().parseFromString(detail.serverResponse, "text/html");
  const astray = followClauseList(body);
  const besides = [...body.querySelectorAll("[hx-swap-oob]")].map(({ id }) => document.getElementById(id));
  const going = [detail.target, ...besides.filter((one) => one !== null)];
  const unfolded = new Set(going.flatMap((one) => [...one.querySelectorAll<HTMLElement>("details[open]")].map(nameOf)));
  const ticked = new Set(
    [...detail.target.querySelectorAll<HTMLInputElement>(".tick:checked")].map(({ value }) => value),
  );
  if (!unfolded.size && !ticked.size && !astray) return;
  for (const coming of body.querySelectorAll("details")) if (unfolded.has(nameOf(coming))) coming.open = true;
  for (const coming of body.querySelectorAll<HTMLInputElement>(".tick"))
    if (ticked.has(coming.value)) coming.setAttribute("checked", "");
  detail.serverResponse = body.innerHTML;
}

/** The same from one answer to the next: the field it holds, else the words to click on. */
function nameOf(folded: HTMLElement): string {
  const field = folded.querySelector("textarea, input:not([type=hidden])");
  return field?.id || folded.id || folded.querySelector("summary")?.textContent?.trim() || "";
}

function offer(fragment: Element): void {
  if (fragment.querySelector(":scope > .refresh-offer")) return;
  const subject = fragment.getAttribute("data-refresh-on")?.startsWith("clause:") ? "Cette clause" : "Cette page";
  const words = fragment.getAttribute("data-refresh-offer") ?? `${subject} a changé : actualiser`;
  const way = button(words, "button button-small", () => swap(fragment));
  const line = element("p", "refresh-offer", way);
  line.setAttribute("role", "status");
  fragment.prepend(line);
}
