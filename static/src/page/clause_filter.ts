/** Above a long list of clauses to tick, a field that leaves those whose words it holds; whatever is ticked stays. */

import { element } from "./words";

const LIST = "[data-filter-clauses]";
const MARKS = /\p{M}/gu;

export function startFilteringClauses(): void {
  for (const list of document.querySelectorAll<HTMLElement>(LIST)) addFilter(list);
}

function addFilter(list: HTMLElement): void {
  const label = element("label", "field-label", "Chercher une clause");
  const field = element("input", "field");
  const left = element("p", "note");
  label.htmlFor = field.id = "chercher-clause";
  field.type = "search";
  field.autocomplete = "off";
  left.setAttribute("role", "status");
  const wereOpen = new Map([...list.querySelectorAll("details")].map((part) => [part, part.open]));
  field.addEventListener("input", () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    const count = narrow(list, words);
    left.textContent = words.length ? inWords(count, list.querySelectorAll("li").length) : "";
    for (const [part, wasOpen] of wereOpen) {
      part.hidden = !part.querySelector("li:not([hidden])");
      part.open = words.length ? !part.hidden : wasOpen || part.querySelector(":checked") !== null;
    }
  });
  // It looks for clauses, and never sends the form around it.
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.querySelector("details")?.before(element("div", "", label, field, left));
}

/** How many clauses hold all the words; the others are hidden, but for those that are ticked. */
function narrow(list: HTMLElement, words: readonly string[]): number {
  let count = 0;
  for (const line of list.querySelectorAll("li")) {
    const said = plain(`${line.closest("details")?.querySelector("summary")?.textContent} ${line.textContent}`);
    const holds = words.every((word) => said.includes(word));
    line.hidden = !holds && line.querySelector(":checked") === null;
    if (holds) count += 1;
  }
  return count;
}

function plain(words: string): string {
  return words.normalize("NFD").replace(MARKS, "").replaceAll("’", "'").toLowerCase();
}

function inWords(count: number, total: number): string {
  if (!count) return "Aucune clause ne contient ces mots.";
  return `${count}\u00a0clause${count > 1 ? "s" : ""} sur ${total}`;
}
