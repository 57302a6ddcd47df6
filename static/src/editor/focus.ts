/**
 * Back to the text, at once. Tiptap's own focus command waits for the next frame: what is typed in between falls
 * into the field that was just closed (seen on a busy machine: « noter » became « oter »).
 */

import type { ChainedCommands, Editor } from "@tiptap/core";

export function focusText(editor: Editor): void {
  // The view leaves alone the focus of a text that isn’t written.
  if (editor.isEditable) editor.view.focus();
  else editor.view.dom.focus();
}

/** What is done to the text, from a tool outside of it. */
export function chainInText(editor: Editor): ChainedCommands {
  focusText(editor);
  return editor.chain();
}
