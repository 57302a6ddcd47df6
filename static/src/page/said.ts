/** Messages as they come: put at the end of those on the page, which stays where its reader is. */

import htmx from "htmx.org";
import { announce, element, told } from "./words";

/** Says how far each channel of the place has come: « shared=12 ours=4 ». */
const REACHED = "Navette-Reached";
/** Pixels from the end of a list that scrolls: whoever is nearer follows what comes. */
const NEAR = 80;

const asking = new Set<Element>();
const askAgain = new Set<Element>();

export function startShowingMessages(): void {
  document.addEventListener("navette:changed", ({ detail }) => {
    if (detail.type === "message.sent") void showWhatCame(detail.part ? `discussion:${detail.part}` : "discussion");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = (event as CustomEvent<{ elt: Element; successful: boolean }>).detail;
    const list = successful && elt.matches("form.recall") ? elt.closest<HTMLElement>(".said") : null;
    if (list) sayRecalled(list);
  });
  document.addEventListener("htmx:load", (event) => toTheEnd(event.target as Element));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>(".older a") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    void showOlder(link);
  });
  toTheEnd(document.body);
}

/** As if the connection had told it, which may be down: the words go from the page of whoever took them back. */
function sayRecalled(list: HTMLElement): void {
  const [, part = null] = (list.dataset.refreshOn ?? "").split(":");
  const detail = { type: "words.recalled", negotiation: told("negotiation") ?? "", part };
  document.dispatchEvent(new CustomEvent("navette:changed", { detail }));
  announce("Votre message est retiré : personne n’en a reçu de courriel.");
}

/** What was said in this place since; resolves once it is on the page. */
export async function showWhatCame(place: string): Promise<void> {
  const lists = document.querySelectorAll<HTMLElement>(`[data-said-in="${CSS.escape(place)}"]`);
  await Promise.all([...lists].map(ask));
}

async function ask(list: HTMLElement): Promise<void> {
  // Messages that come together are one question more, asked once the first is answered.
  if (asking.has(list)) {
    askAgain.add(list);
    return;
  }
  asking.add(list);
  try {
    do {
      askAgain.delete(list);
      await fetchMore(list);
    } while (askAgain.has(list));
  } catch {
    // No network: once it is back, the page asks again for all that it shows.
  } finally {
    asking.delete(list);
  }
}

async function fetchMore(list: HTMLElement): Promise<void> {
  const answer = await fetch(`${list.dataset.more}&apres=${lastRank(list)}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.redirected) return;
  const { body } = new DOMParser().parseFromString(await answer.text(), "text/html");
  append(list, [...body.querySelectorAll<HTMLElement>("[data-rank]")]);
  markOthers(list, answer.headers.get(REACHED) ?? "");
}

function lastRank(list: Element): string {
  return [...list.querySelectorAll<HTMLElement>("[data-rank]")].at(-1)?.dataset.rank ?? "0";
}

function append(list: HTMLElement, came: HTMLElement[]): void {
  const fresh = came.filter((one) => document.getElementById(one.id) === null);
  if (!fresh.length) return;
  const stay = placeOfReader(list);
  list.querySelector(":scope > .note")?.remove();
  list.querySelector(".talk-list")?.append(...fresh);
  for (const one of fresh) {
    htmx.process(one);
    htmx.trigger(one, "htmx:load");
  }
  const last = list.parentElement?.closest("section, .sheet")?.querySelector<HTMLElement>(channelOf(list));
  if (last) last.dataset.last = lastRank(list);
  stay();
}

/** Whoever is at the end follows it; whoever writes below the list keeps the field under his hands. */
function placeOfReader(list: HTMLElement): () => void {
  const box = list.closest(".panel-said");
  if (box) {
    const follows = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    return () => {
      if (follows) box.scrollTop = box.scrollHeight;
    };
  }
  const writing = document.activeElement?.closest("form[data-message]");
  const before = writing?.getBoundingClientRect().top ?? 0;
  return () => {
    if (writing) window.scrollBy(0, writing.getBoundingClientRect().top - before);
  };
}

function toTheEnd(container: Element): void {
  for (const box of container.querySelectorAll(".panel-said")) box.scrollTop = box.scrollHeight;
}

/** The other channels of the place say that something came there. */
function markOthers(list: HTMLElement, reached: string): void {
  const nav = list.closest("section, .sheet")?.querySelector("nav");
  for (const told of reached.split(" ")) {
    const [name = "", rank = "0"] = told.split("=");
    const way = nav?.querySelector<HTMLElement>(`[data-channel="${CSS.escape(name)}"]`);
    if (!way || name === list.dataset.circle || Number(way.dataset.last) >= Number(rank)) continue;
    way.dataset.last = rank;
    if (way.querySelector(".new-said")) continue;
    announce(`Nouveau message : ${way.textContent?.trim()}`);
    way.append(element("span", "new-said", "nouveau"));
  }
}

function channelOf(list: HTMLElement): string {
  return `nav [data-channel="${CSS.escape(list.dataset.circle ?? "")}"]`;
}

/** The page before these takes the place of the link to it; who reads stays where he was, and goes on upwards. */
async function showOlder(link: HTMLAnchorElement): Promise<void> {
  const place = link.closest("li");
  const list = link.closest<HTMLElement>(".said");
  const next = place?.nextElementSibling;
  if (!place || !list || !next) return;
  let page: string;
  try {
    const answer = await fetch(link.dataset.more ?? link.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    page = await answer.text();
  } catch {
    // As without script: the refusal, or the browser's word on the network, is a page.
    location.assign(link.href);
    return;
  }
  const came = [
    ...new DOMParser().parseFromString(page, "text/html").body.querySelectorAll<HTMLElement>("li.older, [data-rank]"),
  ];
  const before = next.getBoundingClientRect().top;
  place.replaceWith(...came);
  for (const one of came) htmx.process(one);
  (list.closest(".panel-said") ?? window).scrollBy(0, next.getBoundingClientRect().top - before);
  const last = came.at(-1);
  if (last) {
    last.tabIndex = -1;
    last.focus({ preventScroll: true });
  }
  refreshFrom(list, came.find((one) => one.dataset.rank)?.dataset.rank);
}

/** A refresh of the whole list keeps what was unfolded. */
function refreshFrom(list: HTMLElement, rank: string | undefined): void {
  const address = list.dataset.refreshUrl ?? "";
  if (rank) list.dataset.refreshUrl = address.replace(/(depuis=)\d+/, `$1${rank}`);
}
