/** htmx under our policy, and forms that can't be sent twice. */

import htmx from "htmx.org";
import { announce, element, hideBanner, showBanner, told } from "./words";

const BUSY = "data-sending";
/** A form that is answered by a file: no page follows, so nothing else would free it. */
const DOWNLOAD = "data-download";
const DOWNLOAD_MS = 4000;
const GONE =
  "Ce que vous lisiez a été supprimé, ou ne vous est plus ouvert. Ce que vous avez tapé est encore là, à copier.";

interface RequestDetail {
  elt: Element;
  verb: string;
  headers: Record<string, string>;
  xhr: XMLHttpRequest;
  shouldSwap: boolean;
  isError: boolean;
  successful: boolean;
}

export function startRequests(): void {
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    // Not « style »: our policy lets none through, and each try is a line in the console.
    attributesToSettle: ["class", "width", "height"],
    // A negotiation never enters the browser's storage: the page behind is asked for again.
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    scrollIntoViewOnBoost: false,
  });
  listen("htmx:configRequest", giveToken);
  listen("htmx:beforeRequest", (detail) => setBusy(detail.elt, "busy"));
  listen("htmx:afterRequest", (detail) => setBusy(detail.elt, "free"));
  listen("htmx:beforeSwap", showRefusal);
  listen("htmx:sendError", noAnswer);
  listen("htmx:timeout", noAnswer);
  listen("htmx:load", ({ elt }) => dropPlainFields(elt));
  document.addEventListener("submit", sendOnce, { capture: true });
  // Coming back with the « back » button: the page is as it was left, buttons included.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll(`form[${BUSY}]`)) setBusy(form, "free");
  });
}

function listen(name: string, heard: (detail: RequestDetail) => void): void {
  document.addEventListener(name, (event) => heard((event as CustomEvent<RequestDetail>).detail));
}

/** A piece of a page is read as if there were no script: fields for those who have none would be sent with its forms. */
function dropPlainFields(came: Element): void {
  for (const one of came.querySelectorAll("noscript")) one.remove();
}

function giveToken(detail: RequestDetail): void {
  const token = told("csrf-token");
  if (token && detail.verb !== "get") detail.headers["X-CSRFToken"] = token;
}

/**
 * A form that was refused may come back with its reason in it: then it takes its place. A bare notice or a whole error
 * page would take the place of what was typed: only its sentence is shown.
 */
function showRefusal(detail: RequestDetail): void {
  const { status, responseText } = detail.xhr;
  if (status < 400) {
    hideBanner("requete");
    return;
  }
  const sentence = bareSentence(responseText);
  const isRefresh = detail.elt.hasAttribute("data-refresh-url");
  if (isRefresh && status === 404) sayGone(detail.elt);
  detail.shouldSwap = status < 500 && sentence === null && !isRefresh;
  if (detail.shouldSwap || isRefresh) return;
  const told = sentence || "La demande n’a pas abouti.";
  showBanner("requete", `${told} Ce que vous avez tapé est toujours là.`);
  announce(told);
}

/** What is on the screen was deleted, or is no longer this reader's: his words stay, to be copied, and lead on. */
function sayGone(left: Element): void {
  const way = element("a", "button button-small", "Revenir à la table");
  way.href = document.querySelector(".crumb a[href^='/negociations/']")?.getAttribute("href") ?? "/";
  showBanner("disparu", GONE, element("p", "bar-line", way));
  for (const one of left.querySelectorAll<HTMLButtonElement>("form button")) one.disabled = true;
}

/** The sentence of an answer that holds nothing else; null when it holds more. */
function bareSentence(answer: string): string | null {
  const { body } = new DOMParser().parseFromString(answer, "text/html");
  const page = body.querySelector("main");
  if (page) return page.querySelector(".lead-in, h1")?.textContent?.trim() ?? "";
  const [only, ...others] = body.children;
  if (only && (others.length || !only.matches(".notice"))) return null;
  return body.textContent?.trim() ?? "";
}

function noAnswer(): void {
  const sentence = "Le serveur ne répond pas : rien n’est parti. Ce que vous avez tapé est toujours là.";
  showBanner("requete", sentence);
  announce(sentence);
}

function sendOnce(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (form.hasAttribute(BUSY)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // After the other listeners: one of them may have kept the form from leaving.
  window.setTimeout(() => {
    if (event.defaultPrevented) return;
    setBusy(form, "busy");
    const waiting = form.querySelector("p.when-sending")?.textContent;
    if (waiting) announce(waiting.trim());
    if (form.hasAttribute(DOWNLOAD)) window.setTimeout(() => setBusy(form, "free"), DOWNLOAD_MS);
  });
}

/** `aria-disabled` rather than `disabled`: the focus stays where it is, and the button's own value is sent. */
function setBusy(sender: Element, state: "busy" | "free"): void {
  const form = sender.closest("form");
  if (form === null) return;
  form.toggleAttribute(BUSY, state === "busy");
  for (const one of form.querySelectorAll<HTMLButtonElement>("button:not([type=button])")) {
    if (state === "busy") one.setAttribute("aria-disabled", "true");
    else one.removeAttribute("aria-disabled");
  }
}
