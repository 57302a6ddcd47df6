/** An open séance: gestures that don't reload the page, following the chair, time that passes, what is said aloud. */

import htmx from "htmx.org";
import { unanswered } from "./refresh";
import { startLeadingByKeys } from "./seance_ways";
import { announce, element, showBanner } from "./words";

const REMEMBERED = "navette:suivre";
const TICK_MS = 1000;
const TURNED: Record<string, [string, string]> = {
  "seance.opened": ["La séance est ouverte.", "La rejoindre"],
  "seance.closed": ["La séance est close.", "Voir ce qui a été décidé"],
};
/** What each piece last said of itself, so that only what is new is read aloud. */
const said = new Map<string, string>();
/** Where a countdown ends, on the page's own clock. */
const ends = new WeakMap<Element, number>();

export function startSeances(): void {
  document.addEventListener("submit", sendQuietly);
  document.addEventListener("change", follow);
  startLeadingByKeys(choosePane);
  document.addEventListener("htmx:load", (event) => look(event.target as Element));
  document.addEventListener("navette:changed", ({ detail }) => {
    if (detail.seance && location.pathname.endsWith(`/seances/${detail.seance}`)) sayTurned(detail.type);
  });
  look(document.body);
  if (!document.querySelector("[data-seance]")) return;
  beAtItsAddress();
  recallFollowing();
  choosePane(paneOf(location.hash));
  window.setInterval(tick, TICK_MS);
}

/** What was refused came back as the page of a form: it is the séance all the same, and its next forms come from it. */
function beAtItsAddress(): void {
  const { here = "", question = "" } = document.querySelector<HTMLElement>("[data-seance]")?.dataset ?? {};
  if (location.pathname !== here) history.replaceState(null, "", `${here}${question}${location.hash}`);
}

// ---------------------------------------------------------------------- gestures

/** Sent without leaving the page, which shows what came of it; refused, it is sent as a form, whose page says why. */
function sendQuietly(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const kind = form.dataset.quiet;
  if (event.defaultPrevented || !kind || !document.querySelector("[data-seance], [data-agenda]")) return;
  event.preventDefault();
  void send(form, event.submitter, kind);
}

async function send(form: HTMLFormElement, submitter: HTMLElement | null, kind: string): Promise<void> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) fields.append(name, value as string);
  let answer: Response;
  try {
    answer = await fetch(form.action, { method: "POST", body: fields, headers: { "HX-Request": "true" } });
  } catch {
    announce("Le serveur ne répond pas : rien n’est parti.");
    showBanner("requete", "Le serveur ne répond pas : rien n’est parti. Ce que vous avez tapé est toujours là.");
    return;
  }
  if (answer.status !== 204) {
    sendPlainly(form, submitter);
    return;
  }
  htmx.trigger(form, "htmx:afterRequest", { elt: form, successful: true });
  form.reset();
  fold(form);
  if (form.hasAttribute("data-follow")) await show("");
  tellPage(kind);
}

/** What held the form is closed again, and has the focus that was in it. */
function fold(form: HTMLFormElement): void {
  const folded = form.closest("details");
  if (!folded) return;
  if (folded.contains(document.activeElement)) folded.querySelector("summary")?.focus({ preventScroll: true });
  folded.open = false;
}

/** The same again, without this listener: what was refused once is refused twice, and its page keeps every word. */
function sendPlainly(form: HTMLFormElement, submitter: HTMLElement | null): void {
  delete form.dataset.quiet;
  form.requestSubmit(submitter);
}

/** As the connection will; a page without one shows its own gestures all the same. */
function tellPage(type: string): void {
  const seance = document.querySelector<HTMLElement>("[data-seance]")?.dataset.seance ?? seanceOfAgenda();
  const detail = { type, negotiation: "", seance: seance ?? null };
  document.dispatchEvent(new CustomEvent("navette:changed", { detail }));
}

function seanceOfAgenda(): string | undefined {
  const agenda = document.querySelector<HTMLElement>("[data-agenda]")?.dataset.agenda;
  return agenda?.split("/").at(-2);
}

// ---------------------------------------------------------------------- following

function follow(event: Event): void {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.dataset.following === undefined) return;
  const key = `${REMEMBERED}:${box.dataset.following}`;
  if (box.checked) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, "non");
  void show(box.checked ? "" : chosen());
}

/** The clause on the screen, as the question of an address on which nobody follows. */
function chosen(): string {
  const form = document.querySelector<HTMLFormElement>("form.follow");
  const clause = form?.querySelector<HTMLInputElement>("input[name=sur]")?.value;
  return clause ? `?sur=${clause}` : "";
}

async function show(question: string): Promise<void> {
  const here = document.querySelector<HTMLElement>("[data-seance]")?.dataset.here;
  if (!here) return;
  history.replaceState(null, "", `${here}${question}`);
  const pieces = { clause: "#clause-en-seance", decisions: "#decisions", deroule: "#deroule" };
  await Promise.all(
    Object.entries(pieces).map(([name, target]) =>
      htmx.ajax("get", `${here}/fragment/${name}${question}`, { target, swap: "outerHTML" }).catch(unanswered),
    ),
  );
}

/** Who chose not to follow stays so when the page is opened again. */
function recallFollowing(): void {
  const box = document.querySelector<HTMLInputElement>("input[data-following]");
  if (!box?.checked || sessionStorage.getItem(`${REMEMBERED}:${box.dataset.following}`) === null) return;
  const question = chosen();
  if (!question) return;
  box.checked = false;
  void show(question);
}

// ---------------------------------------------------------------------- what shows and is told

function look(container: Element): void {
  const arrival = container.querySelector<HTMLFormElement>("form[data-at-once]");
  if (arrival?.isConnected && arrival.dataset.quiet) arrival.requestSubmit();
  for (const one of container.querySelectorAll<HTMLElement>("[data-counts]"))
    ends.set(one, performance.now() + Number(one.dataset.counts) * 1000);
  const agenda = document.getElementById("deroule")?.dataset.now;
  const last = document.querySelector<HTMLElement>("#decisions .minute-list")?.dataset.last;
  tell("agenda", agenda);
  tell("decision", last && `Décision notée : ${last}`);
}

function tell(subject: string, words: string | undefined): void {
  if (!words || said.get(subject) === words) return;
  const isNew = said.has(subject) || subject === "decision";
  said.set(subject, words);
  if (isNew && document.readyState === "complete") announce(words);
}

function tick(): void {
  for (const one of document.querySelectorAll<HTMLElement>("[data-counts]")) {
    const left = Math.max(0, Math.ceil(((ends.get(one) ?? 0) - performance.now()) / 1000));
    one.textContent = `${left} s`;
    if (!left) one.closest("li")?.querySelector("button[value=cancel]")?.remove();
  }
  const running = document.querySelector<HTMLElement>(".agenda [data-spent]");
  const shown = running?.querySelector(".time");
  if (!running || !shown) return;
  const spent = Number(running.dataset.spent) + 1;
  running.dataset.spent = String(spent);
  shown.textContent = timeWords(Math.floor(spent / 60), Number(running.dataset.planned));
}

function timeWords(spent: number, planned: number): string {
  if (!planned) return `${spent} min`;
  return spent > planned ? `${spent} min, ${spent - planned} de plus que prévu` : `${spent} min sur ${planned}`;
}

/** The page that one reads has become another one. */
function sayTurned(type: string): void {
  const told = TURNED[type];
  if (!told || (type === "seance.opened") === (document.querySelector("[data-seance]") !== null)) return;
  const [sentence, words] = told;
  const way = element("a", "button button-small", words);
  way.href = location.pathname;
  showBanner("seance", sentence, element("p", "bar-line", way));
  announce(sentence);
}

// ---------------------------------------------------------------------- three tabs on a phone

/** A phone opens on the pane that the address names, as a link of a message to a decision does. */
function paneOf(hash: string): string {
  const named = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
  return named?.closest(".seance-pane")?.id ?? "au-centre";
}

function choosePane(name: string): void {
  const grid = document.querySelector<HTMLElement>("[data-seance]");
  if (!grid) return;
  grid.dataset.shown = name;
  // What was hidden had no height: a list of messages shows its end once it has one.
  const list = document.getElementById(name)?.querySelector(".panel-said");
  if (list) list.scrollTop = list.scrollHeight;
  for (const link of document.querySelectorAll<HTMLElement>("[data-pane]")) {
    if (link.dataset.pane === name) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
