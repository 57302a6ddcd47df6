/** The projected view: its text is written as large as the screen takes it, and what changes in it stays in sight. */

const SIZES = ["", "long", "longer"];
const GATHER_MS = 100;

let waits = false;
let changed: Element | null = null;
/** Of the text that is followed, so that its marks, which come and go, count for nothing. */
let words: string | null = null;

export function startWall(): void {
  const wall = document.querySelector("main.wall");
  if (!wall) return;
  new MutationObserver(noteChange).observe(wall, { subtree: true, childList: true, characterData: true });
  window.addEventListener("resize", fitSoon);
  void document.fonts.ready.then(fitSoon);
  fitSoon();
}

function noteChange(records: MutationRecord[]): void {
  const now = document.querySelector("main.wall .ProseMirror")?.textContent ?? null;
  const isWritten = words !== null && now !== null && now !== words;
  words = now;
  for (const { target } of isWritten ? records : []) {
    const one = target instanceof Element ? target : target.parentElement;
    changed = one?.closest(".ProseMirror > *, .ProseMirror li") ?? changed;
  }
  fitSoon();
}

function fitSoon(): void {
  if (waits) return;
  waits = true;
  window.setTimeout(() => {
    waits = false;
    fit();
  }, GATHER_MS);
}

/** In steps: letters that change their size with each word would be hard to follow. */
function fit(): void {
  const shown = document.getElementById("mur");
  if (!shown) return;
  const page = document.documentElement;
  for (const size of SIZES) {
    shown.classList.remove(...SIZES.filter((one) => one && one !== size));
    if (size) shown.classList.add(size);
    if (page.scrollHeight <= window.innerHeight) return;
  }
  if (changed?.isConnected) changed.scrollIntoView({ block: "nearest" });
}
