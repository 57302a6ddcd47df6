/** The four places of an open séance by keyboard: F6 leads to the next one, Maj+F6 to the one before, links to each. */

const PHONE = "(max-width: 60rem)";
let pane: (name: string) => void = () => {};
/** The place that had the focus last: what had it may just have been put anew, and have none. */
let last = "";

/** `choosePane`: shows the pane of this id, where one shows at a time. */
export function startLeadingByKeys(choosePane: (name: string) => void): void {
  pane = choosePane;
  document.addEventListener("focusin", () => {
    last = waysOfPage().find((way) => placeOf(way)?.contains(document.activeElement))?.hash ?? "";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return;
    const ways = waysOfPage();
    const next = ways[nextOf(ways, event.shiftKey ? -1 : 1)];
    if (!next || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    land(next);
  });
  document.addEventListener("click", (event) => {
    const way = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-lands]") : null;
    if (!way) return;
    event.preventDefault();
    // Under a thumb, a tab opens no keyboard.
    if (matchMedia(PHONE).matches) landIn(way);
    else land(way);
  });
}

function waysOfPage(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("a[data-lands]")].filter(placeOf);
}

function placeOf(way: HTMLAnchorElement): HTMLElement | null {
  return document.getElementById(way.hash.slice(1));
}

/** From outside of all places, forwards is the first one. */
function nextOf(ways: HTMLAnchorElement[], step: 1 | -1): number {
  const now = ways.findIndex((way) => way.hash === last);
  if (now < 0) return step > 0 ? 0 : ways.length - 1;
  return (now + step + ways.length) % ways.length;
}

/** On what one came for: a title, or the words to write; on the pane where that isn't there. */
function land(way: HTMLAnchorElement): void {
  const found = document.querySelector<HTMLElement>(way.dataset.lands ?? "");
  if (!found) {
    landIn(way);
    return;
  }
  pane(paneOf(way));
  if (!found.matches("textarea")) found.tabIndex = -1;
  found.focus();
}

function landIn(way: HTMLAnchorElement): void {
  const name = paneOf(way);
  pane(name);
  document.getElementById(name)?.focus();
}

function paneOf(way: HTMLAnchorElement): string {
  return placeOf(way)?.closest(".seance-pane")?.id ?? "";
}
