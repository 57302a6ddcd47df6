/** The page's one connection: rare messages with ids, and the live drafts. */

import type { Socket } from "socket.io-client";
import { startPresence } from "./presence";
import { type PageChange, refreshAll } from "./refresh";
import { announce, element, hideBanner, showBanner, told } from "./words";

export async function connect(): Promise<Socket> {
  const { io } = await import("socket.io-client");
  const negotiation = told("negotiation");
  const socket = io({
    path: "/socket.io/",
    auth: { token: told("socket-token") },
    query: { n: negotiation ?? "" },
    // Where a proxy blocks WebSocket, long polling does the same work.
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5000,
    timeout: 5000,
  });
  let connectedBefore = false;
  let ended = false;
  socket.on("connect", () => {
    hideBanner("connexion");
    if (negotiation) void watch(socket, negotiation, connectedBefore ? null : told("reached"));
    connectedBefore = true;
    document.dispatchEvent(new Event("navette:connected"));
  });
  if (negotiation) startPresence(socket, negotiation);
  socket.on("page_changed", (change: PageChange) => {
    document.dispatchEvent(new CustomEvent("navette:changed", { detail: change }));
  });
  socket.on("session_ended", () => {
    ended = true;
    socket.disconnect();
    sayEnded("Votre session est terminée. Ce que vous avez tapé est gardé sur ce poste.");
  });
  socket.on("rights_changed", () => {
    ended = true;
    socket.disconnect();
    sayChanged("Vos droits à cette table ont changé. Ce que vous avez tapé est gardé sur ce poste.");
  });
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect" && !ended)
      sayEnded("La connexion en direct a été fermée. Ce que vous avez tapé est gardé sur ce poste.");
  });
  socket.on("connect_error", () => {
    // Some proxies let a WebSocket in only to drop it: the next attempt starts with what always passes.
    socket.io.opts.transports = ["polling", "websocket"];
    // `active` is false when the server itself refused: no new attempt will follow.
    if (!socket.active) sayEnded("La connexion en direct est refusée. Ce que vous avez tapé est gardé sur ce poste.");
  });
  followNetwork(socket);
  return socket;
}

/**
 * From the answer on the page is told of every change. What came before it is asked for: all of it after a time without
 * connection, on a new page (`reached`) only when the server says that something was missed.
 */
async function watch(socket: Socket, negotiation: string, reached: string | null): Promise<void> {
  try {
    const order = reached === null ? { negotiation } : { negotiation, reached };
    const answer = (await socket.timeout(5000).emitWithAck("watch_table", order)) as { missed?: boolean };
    if (reached === null || answer.missed) refreshAll();
  } catch {
    // No answer: the connection is being made again, and this with it.
  }
}

function sayEnded(sentence: string): void {
  const way = element("a", "button button-small", "Se connecter");
  way.href = `/connexion?next=${encodeURIComponent(location.pathname)}`;
  showBanner("connexion", sentence, way);
  announce(sentence);
}

function sayChanged(sentence: string): void {
  const way = element("a", "button button-small", "Recharger la page");
  way.href = `${location.pathname}${location.search}`;
  showBanner("connexion", sentence, way);
  announce(sentence);
}

/** A cut cable is known to the browser long before the connection's own heartbeat misses it. */
function followNetwork(socket: Socket): void {
  window.addEventListener("offline", () => socket.io.engine?.close());
  window.addEventListener("online", () => {
    if (socket.active && !socket.connected) socket.connect();
  });
}
