/** htmx under our policy, and forms that can't be sent twice. */

import htmx from "htmx.org";
import { announce, hideBanner, showBanner, told } from "./words";

const BUSY = "data-sending";

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
  document.addEventListener("submit", sendOnce, { capture: true });
  // Coming back with the « back » button: the page is as it was left, buttons included.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll(`form[${BUSY}]`)) setBusy(form, "free");
  });
}

function listen(name: string, heard: (detail: RequestDetail) => void): void {
  document.addEventListener(name, (event) => heard((event as CustomEvent<RequestDetail>).detail));
}

function giveToken(detail: RequestDetail): void {
  const token = told("csrf-token");
  if (token && detail.verb !== "get") detail.headers["X-CSRFToken"] = token;
}

/** A refusal comes back as the same fragment with a sentence in it: shown, unless the server sent a whole page. */
function showRefusal(detail: RequestDetail): void {
  const { status, responseText } = detail.xhr;
  if (status < 400) {
    hideBanner("requete");
    return;
  }
  const wholePage = /^\s*(<!doctype|<html)/i.test(responseText);
  detail.shouldSwap = status < 500 && !wholePage && responseText.trim() !== "";
  if (!detail.shouldSwap) {
    const sentence = refusalOf(responseText) ?? "La demande n’a pas abouti.";
    showBanner("requete", `${sentence} Ce que vous avez tapé est toujours là.`);
  }
}

/** The heading of the error page, when there is one. */
function refusalOf(page: string): string | null {
  const parsed = new DOMParser().parseFromString(page, "text/html");
  return (
    parsed
      .querySelector("main h1")
      ?.textContent?.trim()
      .replace(/[.\s]*$/, ".") ?? null
  );
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
    if (!event.defaultPrevented) setBusy(form, "busy");
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
