/** The points of an agenda, dragged to their place; the buttons of each do the same by keyboard. */

let dragged: HTMLElement | null = null;

export function startArrangingAgendas(): void {
  document.addEventListener("dragstart", (event) => {
    const point = pointOf(event.target);
    if (!point || !event.dataTransfer) return;
    dragged = point;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", point.dataset.point ?? "");
    point.classList.add("dragged");
  });
  document.addEventListener("dragover", (event) => {
    const over = pointOf(event.target);
    if (!dragged || !over || over.parentElement !== dragged.parentElement) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  document.addEventListener("drop", (event) => {
    if (dragged) event.preventDefault();
  });
  document.addEventListener("dragend", () => {
    const point = dragged;
    dragged = null;
    if (!point) return;
    point.classList.remove("dragged");
    sendPlace(point);
  });
  document.addEventListener("htmx:load", (event) => letDrag(event.target as Element));
  letDrag(document.body);
}

function letDrag(container: Element): void {
  for (const point of container.querySelectorAll<HTMLElement>("[data-agenda] > li[data-point]"))
    point.draggable = point.querySelector("button[value=up]") !== null;
}

function pointOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-agenda] > li[data-point]") : null;
}

/** By the point's own form, so that a refusal is told as for its buttons. */
function sendPlace(point: HTMLElement): void {
  const up = point.querySelector<HTMLButtonElement>("button[value=up]");
  const form = up?.form;
  const place = [...(point.parentElement?.children ?? [])].indexOf(point);
  if (!form || place < 0) return;
  for (const [name, value] of [
    ["act", "place"],
    ["place", String(place)],
  ] as const) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  form.requestSubmit();
}
