/** A clause that is added, left out or moved elsewhere does so on the open page too; the open clause stays where it is. */

const LIST = "textes";

/**
 * Makes the page hold the clauses that the answer lists, in its order, before htmx replaces each by its new self.
 *
 * `coming`: the answer, from which whatever has no place on this page is taken out. Says whether something was.
 */
export function followClauseList(coming: Element): boolean {
  const head = document.getElementById(LIST);
  const listed = coming.querySelector<HTMLElement>(`#${LIST}`)?.dataset.clauses?.split(" ").filter(Boolean);
  if (head && listed) {
    dropOthers(head, listed);
    if (listed.join(" ") !== shown(head).map(idOf).join(" ")) place(head, listed, coming);
  }
  const astray = [...coming.querySelectorAll("[hx-swap-oob]")].filter(({ id }) => !document.getElementById(id));
  for (const piece of astray) piece.remove();
  return astray.length > 0;
}

function shown(head: Element): HTMLElement[] {
  return [...(head.parentElement?.querySelectorAll<HTMLElement>(":scope > section.clause") ?? [])].filter(idOf);
}

/** The open clause bears its name, or, when a move was refused, the notice in it does. */
function idOf(section: HTMLElement): string {
  const named = section.id || section.querySelector(".refused[id]")?.id || "";
  return named.startsWith("clause-") ? named.slice("clause-".length) : "";
}

/** Words may be in the open clause: it goes only when the reader leaves it. */
function dropOthers(head: Element, listed: string[]): void {
  for (const one of shown(head)) if (!listed.includes(idOf(one)) && !isOpen(one)) one.remove();
}

/** Moving the open clause would cost its focus: the others take their place around it. */
function place(head: Element, listed: string[], coming: Element): void {
  const held = new Map(shown(head).map((one) => [idOf(one), one]));
  const open = [...held.values()].find((one) => isOpen(one) && listed.includes(idOf(one)));
  const turn = open ? listed.indexOf(idOf(open)) : -1;
  const others = (ids: string[]): HTMLElement[] =>
    ids.map((id) => held.get(id) ?? made(id, coming)).filter((one) => one !== null);
  if (turn > 0) open?.before(...others(listed.slice(0, turn)));
  (open ?? head).after(...others(listed.slice(turn + 1)));
}

function made(id: string, coming: Element): HTMLElement | null {
  const piece = coming.querySelector<HTMLElement>(`#${CSS.escape(`clause-${id}`)}`);
  if (!piece) return null;
  const copy = document.importNode(piece, true);
  copy.removeAttribute("hx-swap-oob");
  return copy;
}

function isOpen(section: Element): boolean {
  return section.classList.contains("open");
}
