/** A form that answers what is ticked says « Cochez une clause » where one stands, rather than lead away for nothing. */

import { element } from "./words";

const ASKED = "data-needs-tick";

export function startAskingForTicks(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const words = form.getAttribute(ASKED);
    if (words === null) return;
    form.querySelector(".tick-first")?.remove();
    const boxes = [...form.elements].filter((one) => one instanceof HTMLInputElement && one.type === "checkbox");
    if ((boxes as HTMLInputElement[]).some(({ checked }) => checked)) return;
    event.preventDefault();
    const line = element("p", "tick-first", words);
    line.setAttribute("role", "alert");
    form.append(line);
  });
}
