/** Who is at the table now: this page says that it shows the table, and asks who else does when somebody came or went. */

import htmx from "htmx.org";
import type { Socket } from "socket.io-client";
import { unanswered } from "./refresh";

export function startPresence(socket: Socket, negotiation: string): void {
  if (shown() === null) return;
  socket.on("connect", () => socket.emit("sit_at_table", { negotiation }));
  socket.on("presence_changed", () => {
    const panel = shown();
    const address = panel?.dataset.presenceUrl;
    if (!panel || !address) return;
    void htmx.ajax("get", address, { source: panel, target: panel, swap: "outerHTML" }).catch(unanswered);
  });
}

function shown(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-presence-url]");
}
