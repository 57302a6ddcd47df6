/** « Annuler l’envoi (28 s) »: counts down, and goes away when the words have left for good. */

const counted = new WeakSet<Element>();

export function startRecallCountdown(): void {
  document.addEventListener("htmx:load", (event) => count(event.target as Element));
  count(document.body);
}

function count(container: Element): void {
  for (const form of container.querySelectorAll<HTMLElement>("form.recall[data-left]")) {
    if (counted.has(form)) continue;
    counted.add(form);
    const end = performance.now() + Number(form.dataset.left) * 1000;
    const label = form.querySelector(".left");
    const timer = window.setInterval(() => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left > 0 && form.isConnected) {
        if (label) label.textContent = ` (${left} s)`;
        return;
      }
      window.clearInterval(timer);
      form.remove();
    }, 1000);
  }
}
