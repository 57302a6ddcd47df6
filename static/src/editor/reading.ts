/** A text that is read and not written, for now or by this person: the Tab key reaches it, and it says what it is. */

import { Extension } from "@tiptap/core";
import { Plugin } from "@tiptap/pm/state";

/** `pressed`: the keys of a text that is written are the editor's own affair, these come to nobody else. */
export function reading(mayWrite: () => boolean, pressed: (event: KeyboardEvent) => boolean): Extension {
  const plugin = new Plugin({
    props: {
      attributes: (): Record<string, string> => (mayWrite() ? {} : { "aria-readonly": "true", tabindex: "0" }),
      handleDOMEvents: { keydown: (view, event) => !view.editable && pressed(event) },
    },
  });
  return Extension.create({ name: "navetteReading", addProseMirrorPlugins: () => [plugin] });
}
