/** `#` names a clause: the list holds what everybody reads to whom this is said. */

import { type Choice, plain, type Source } from "./suggesting";

const asked = new Map<string, Promise<Choice[]>>();

export const references: Source = {
  sign: "#",
  label: "Clauses et fiches à nommer",
  choices: (field) => {
    const address = field.dataset.references;
    if (!address) return [];
    const known = asked.get(address) ?? fetchChoices(address);
    asked.set(address, known);
    return known;
  },
  fits: ({ words, typed }, wanted) =>
    plain(typed).startsWith(wanted) ||
    plain(words)
      .split(/[\s'’]+/)
      .some((word) => word.startsWith(wanted)),
};

/** The list is short, and asked for once a page; what it lacks since then may still be typed. */
async function fetchChoices(address: string): Promise<Choice[]> {
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll<HTMLElement>("[data-sign]")].map((one) => ({
      words: one.textContent?.trim() ?? "",
      typed: one.dataset.sign ?? "",
    }));
  } catch {
    asked.delete(address);
    return [];
  }
}
