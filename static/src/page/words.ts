/** What the layout tells the scripts, and the two ways they have to speak. */

const SPOKEN = "annonces";

/** The content of `<meta name="…">`, or null when the page holds none. */
export function told(name: string): string | null {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content || null;
}

/** Says a sentence in the polite live region of the layout. */
export function announce(sentence: string): void {
  const region = document.getElementById(SPOKEN);
  if (region === null) return;
  // Emptied first: the same sentence twice would not be read again.
  region.textContent = "";
  window.setTimeout(() => {
    region.textContent = sentence;
  }, 50);
}

/** An element with a class and children: no markup in strings, so nothing to escape. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function button(words: string, className: string, pressed: () => void): HTMLButtonElement {
  const made = element("button", className, words);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

/** A sentence at the top of the page that stays until what it says is no longer so. One for each key. */
export function showBanner(key: string, sentence: string, ...ways: Node[]): void {
  const id = `bandeau-${key}`;
  const banner = element("div", "notice notice-alert page-banner", element("p", "", sentence), ...ways);
  banner.id = id;
  banner.setAttribute("role", "alert");
  const shown = document.getElementById(id);
  if (shown) shown.replaceWith(banner);
  else document.getElementById("contenu")?.prepend(banner);
}

export function hideBanner(key: string): void {
  document.getElementById(`bandeau-${key}`)?.remove();
}
