/** Who else has a text open, party by party. */

import { element } from "../page/words";
import { partySign } from "./carets";
import type { Peer } from "./peers";

/** « Aussi dans ce texte : A ARS, Responsable et Inspectrice ; D Département, Cheffe ». Nothing when nobody is. */
export function peopleInWords(peers: readonly Peer[], partyOf: (letter: string) => string | null): (Node | string)[] {
  if (!peers.length) return [];
  const byParty = new Map<string, Map<string, number>>();
  for (const { letter, name } of [...peers].sort((one, other) => order(one).localeCompare(order(other), "fr"))) {
    const names = byParty.get(letter) ?? new Map<string, number>();
    // One person in two tabs, or two of the same title: nobody can tell, so they are counted.
    byParty.set(letter, names.set(name, (names.get(name) ?? 0) + 1));
  }
  const parties = [...byParty].map(([letter, names]) => partyInWords(letter, names, partyOf(letter)));
  return ["Aussi dans ce texte\u00a0: ", ...parties.flatMap((party, place) => (place ? ["\u00a0; ", party] : [party]))];
}

function order({ letter, name }: Peer): string {
  return `${letter} ${name}`;
}

function partyInWords(letter: string, names: ReadonlyMap<string, number>, party: string | null): HTMLElement {
  const sign = element("span", "letter", letter);
  sign.dataset.party = partySign(letter);
  if (party !== null) sign.setAttribute("aria-hidden", "true");
  const people = [...names].map(([name, count]) => (count > 1 ? `${name} (${count})` : name)).join(", ");
  return element("span", "", sign, `\u00a0${party === null ? "" : `${party}, `}${people}`);
}
