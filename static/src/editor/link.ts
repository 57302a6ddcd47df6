/** A link to an address of the web or to a mailbox, and nothing else. */

import { Mark } from "@tiptap/core";

const SAFE = /^(?:https?:\/\/|mailto:)[^\s\p{Cc}]+$/iu;
const LONGEST = 2000;

export const Link = Mark.create({
  name: "link",
  inclusive: false,
  keepOnSplit: false,
  addAttributes() {
    return { href: { default: null } };
  },
  parseHTML() {
    return [{ tag: "a[href]", getAttrs: (found) => (isSafe(found.getAttribute("href") ?? "") ? null : false) }];
  },
  renderHTML({ HTMLAttributes }) {
    const href = String(HTMLAttributes.href ?? "");
    return ["a", { href: isSafe(href) ? href : null, rel: "noopener noreferrer" }, 0];
  },
});

export function isSafe(address: string): boolean {
  return address.length <= LONGEST && SAFE.test(address);
}

/** What somebody typed, as an address; null when it can't be one. */
export function addressFrom(typed: string): string | null {
  const text = typed.trim();
  const guessed = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : text.includes("@") ? `mailto:${text}` : `https://${text}`;
  const hasHost = /^mailto:[^@]+@[^@]+$/i.test(guessed) || /^https?:\/\/[^/\s]+\.[^/\s]+/i.test(guessed);
  return hasHost && isSafe(guessed) ? guessed : null;
}
