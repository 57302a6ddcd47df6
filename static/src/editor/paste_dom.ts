/** Small questions about a pasted page. */

/** Where the style of an element waits while it is read. */
export const LOOK = "data-look";

export function lookOf(found: Element): string {
  return found.getAttribute(LOOK)?.toLowerCase().replace(/\s+/g, " ") ?? "";
}

export function classOf(found: Element): string {
  return found.getAttribute("class") ?? "";
}

export function isBlank(found: Node): boolean {
  return !found.textContent?.trim();
}

export function replaceBy(page: Document, found: Element, tag: string): HTMLElement {
  const made = page.createElement(tag);
  made.append(...found.childNodes);
  found.replaceWith(made);
  return made;
}

/** « Une image n’a pas été reprise. », « 3 images n’ont pas été reprises. » */
export function leftOut(count: number, one: string, many: string): string[] {
  if (count === 0) return [];
  return [count === 1 ? one : many.replace("#", String(count))];
}
