/** A message leaves without the page; without a network it waits on this computer, and leaves once, in its order. */

import { uuidv4 } from "lib0/random";
import {
  changeWaiting,
  dropWaiting,
  forgetWaiting,
  isOurs,
  keepWaiting,
  type Waiting,
  waitingMessages,
} from "./message_box";
import { showWhatCame } from "./said";
import { announce, button, element, hideBanner, showBanner, told } from "./words";

const ASKS = "Navette-Asks";
const FORM = "form[data-message]";
const LOCK = "navette:messages";
const PATIENCE_MS = 15_000;
const RETRY_MS = 4_000;
/** « 60 per minute », of which some have passed. */
const SLOW_MS = 15_000;
/** Characters of a message that waits or came back: its words stand above the field, and must not push it away. */
const SHOWN = 400;
/** Messages that wait, of which the others are counted. */
const MOST_DRAWN = 3;
const CONFIRM: Record<string, string> = {
  shared: "Oui, envoyer à toutes les parties",
  authorities: "Oui, envoyer aux autorités",
};
type Outcome = "sent" | "settled" | "later" | "slowly" | "ended";

const HELD: Partial<Record<Outcome, string>> = {
  later: "Pas encore envoyé : il partira dès que la connexion revient.",
  slowly: "Pas encore envoyé : beaucoup de messages en une minute, il partira dans un instant.",
  ended: "Pas encore envoyé : votre session est terminée. Il partira quand vous serez de nouveau connecté.",
};

let held = "";
let timer: number | undefined;

export function startSendingMessages(): void {
  if (!told("person")) return;
  document.addEventListener("submit", takeOver, { capture: true });
  document.addEventListener("htmx:load", draw);
  document.addEventListener("navette:connected", send);
  window.addEventListener("online", send);
  window.addEventListener("storage", (event) => {
    if (isOurs(event)) draw();
  });
  draw();
  void send();
}

function takeOver(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (form.getAttribute("action") === "/deconnexion") forgetWaiting();
  const field = form.querySelector("textarea");
  // On a page of older messages it leaves with the page, for the one where it will stand.
  const place = listOf(form)?.dataset.saidIn;
  if (!form.matches(FORM) || !field || !place || event.defaultPrevented) return;
  const fields = [...new FormData(form, event.submitter)].map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const given = new Map(fields);
  try {
    keepWaiting({
      key: given.get("request_key") ?? uuidv4(),
      action: form.getAttribute("action") ?? "",
      readers: given.get("readers") ?? "",
      place,
      fields: fields.filter(([name]) => name !== "csrf_token"),
      text: field.value,
    });
  } catch {
    return;
  }
  event.preventDefault();
  empty(form, field);
  draw();
  void send();
}

/** As the form was when it came: another message has another key. */
function empty(form: HTMLFormElement, field: HTMLTextAreaElement): void {
  field.value = field.defaultValue = "";
  field.removeAttribute("aria-invalid");
  form.querySelector(".field-error")?.remove();
  const confirms = form.querySelector("button[name=confirmed]");
  confirms?.removeAttribute("name");
  confirms?.replaceChildren("Envoyer");
  for (const box of form.querySelectorAll<HTMLInputElement>("input[name=mention]")) box.checked = false;
  const key = form.querySelector<HTMLInputElement>("input[name=request_key]");
  if (key) key.value = uuidv4();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** One at a time, whatever the number of tabs. */
async function send(): Promise<void> {
  window.clearTimeout(timer);
  if (navigator.locks) await navigator.locks.request(LOCK, sendAll);
  else await sendAll();
}

async function sendAll(): Promise<void> {
  for (let next = leaving(); next; next = leaving()) {
    const outcome = await sendOne(next);
    if (outcome === "sent") dropWaiting(next.key);
    held = HELD[outcome] ?? "";
    draw();
    if (held) {
      hold(outcome);
      return;
    }
  }
}

/** What waits stays in its order: nothing leaves before it. */
function hold(outcome: Outcome): void {
  announce(held);
  if (outcome === "later") timer = window.setTimeout(send, RETRY_MS);
  if (outcome === "slowly") timer = window.setTimeout(send, SLOW_MS);
}

function leaving(): Waiting | undefined {
  return waitingMessages().find((one) => one.refused === undefined);
}

async function sendOne(message: Waiting): Promise<Outcome> {
  const body = new URLSearchParams(message.fields);
  body.set("request_key", message.key);
  body.set("csrf_token", document.querySelector<HTMLInputElement>("input[name=csrf_token]")?.value ?? "");
  try {
    const headers = { "HX-Request": "true" };
    const answer = await fetch(message.action, {
      method: "POST",
      body,
      headers,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status !== 204) return await refused(message, answer);
    await showWhatCame(message.place);
    return "sent";
  } catch {
    return "later";
  }
}

async function refused(message: Waiting, answer: Response): Promise<Outcome> {
  // What a page of another kind answers is a door to come in by.
  if (answer.ok || answer.status === 401 || answer.status === 400) return "ended";
  if (answer.status === 429) return "slowly";
  if (answer.status >= 500) return "later";
  const { body } = new DOMParser().parseFromString(await answer.text(), "text/html");
  const why = (body.querySelector("main .lead-in, main h1") ?? body).textContent?.trim() || "Ce message a été refusé.";
  changeWaiting(message.key, { refused: why, asks: answer.headers.get(ASKS) ?? "" });
  announce(why);
  return "settled";
}

// ---------------------------------------------------------------------- what is shown of them

function listOf(form: Element): HTMLElement | null {
  return form.closest("section, .sheet")?.querySelector<HTMLElement>(".said") ?? null;
}

function draw(): void {
  const all = waitingMessages();
  const shown = new Set<string>();
  for (const form of document.querySelectorAll<HTMLFormElement>(FORM)) {
    const here = all.filter(
      (one) => one.action === form.getAttribute("action") && one.readers === form.dataset.readers,
    );
    for (const one of here) shown.add(one.key);
    drawAbove(form, here);
  }
  const sentBack = all.find((one) => one.refused !== undefined && !shown.has(one.key));
  if (!sentBack) {
    hideBanner("message");
    return;
  }
  const way = element("a", "button button-small", "Voir ce message");
  way.href = `${sentBack.action}?cercle=${sentBack.readers}#ecrire`;
  showBanner("message", `Un message n’est pas parti. ${sentBack.refused}`, element("p", "bar-line", way));
}

function drawAbove(form: HTMLFormElement, messages: Waiting[]): void {
  const before = form.previousElementSibling?.matches(".waiting-said") ? form.previousElementSibling : null;
  if (!messages.length) {
    before?.remove();
    return;
  }
  const waiting = messages.filter((one) => one.refused === undefined);
  const hidden = new Set(waiting.slice(MOST_DRAWN));
  const list = element(
    "ul",
    "waiting-said",
    ...messages.filter((one) => !hidden.has(one)).map((one) => drawn(one, form)),
  );
  if (hidden.size)
    list.append(element("li", "note", `Et ${hidden.size} de plus, qui partiront après, dans leur ordre.`));
  list.setAttribute("aria-label", "Messages pas encore envoyés");
  if (before) before.replaceWith(list);
  else form.before(list);
}

function drawn(message: Waiting, form: HTMLFormElement): HTMLElement {
  const isLong = message.text.length > SHOWN;
  const words = element("p", "words", isLong ? `${message.text.slice(0, SHOWN)}…` : message.text);
  words.dir = "auto";
  if (message.refused === undefined) return element("li", "", words, element("p", "note", held || "Envoi en cours…"));
  const back = button("Reprendre ces mots", "button button-small", () => takeBack(message, form));
  const ways = element("p", "bar-line", back);
  if (message.asks) {
    const yes = button(CONFIRM[message.readers] ?? "Oui, envoyer", "button button-small", () => confirm(message));
    ways.prepend(yes, " ");
  }
  return element("li", "sent-back", words, element("p", "field-error", message.refused), ways);
}

function confirm(message: Waiting): void {
  const fields: [string, string][] = [...message.fields, [message.asks ?? "", "yes"]];
  changeWaiting(message.key, { fields, refused: undefined, asks: undefined });
  draw();
  void send();
}

/** Into the field, before what was typed there since. */
function takeBack(message: Waiting, form: HTMLFormElement): void {
  const field = form.querySelector("textarea");
  if (!field) return;
  dropWaiting(message.key);
  field.value = [message.text, field.value].filter((words) => words.trim()).join("\n");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  draw();
}
