/**
 * A click moves the browser's selection at once, but is told to the editor a moment later. A remote change drawn in
 * between would put the caret back where it was, and the next words with it (6 clicks in 120 beside somebody who
 * types, measured). So the selection is read before anything is drawn that the reader didn't do.
 */

import type { EditorView } from "@tiptap/pm/view";

interface Observed {
  domObserver: { flush: () => void };
}

export function readSelection(view: EditorView): void {
  // No public name for it, though it is what the view itself does on each event.
  (view as unknown as Observed).domObserver.flush();
}
