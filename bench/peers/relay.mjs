// A bare relay: what somebody says, the others of the same address get. It knows no document and stores nothing.
import { WebSocketServer } from "ws";

const rooms = new Map();
new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) }).on("connection", (socket, request) => {
  const room = rooms.get(request.url) ?? new Set();
  rooms.set(request.url, room.add(socket));
  socket.on("message", (said) => {
    for (const other of room) if (other !== socket) other.send(said);
  });
  socket.on("close", () => room.delete(socket));
});
