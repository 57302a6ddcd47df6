/** `@` names somebody: the list holds only the people who read what is being written, as the boxes below the field do. */

import { type Choice, plain, type Source } from "./suggesting";

export const names: Source = {
  sign: "@",
  label: "Personnes que vous pouvez nommer",
  choices: (field) => {
    if (!field.dataset.names) return [];
    const boxes = document.querySelectorAll<HTMLInputElement>(`#${CSS.escape(field.dataset.names)} input`);
    return [...boxes].map(choiceOf);
  },
  fits: ({ typed }, wanted) =>
    plain(typed)
      .split(/\s+/)
      .some((word) => word.startsWith(wanted)),
};

function choiceOf(box: HTMLInputElement): Choice {
  return {
    words: box.closest("label")?.textContent?.trim() ?? "",
    typed: box.dataset.name ?? "",
    chosen: () => {
      box.checked = true;
      const folded = box.closest("details");
      if (folded) folded.open = true;
    },
  };
}
