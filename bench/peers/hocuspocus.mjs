// Hocuspocus as its documentation starts it, with its SQLite extension and its own delays.
import { SQLite } from "@hocuspocus/extension-sqlite";
import { Server } from "@hocuspocus/server";

const [, , port, folder] = process.argv;
const server = new Server({
  address: "127.0.0.1",
  port: Number(port),
  quiet: true,
  extensions: [new SQLite({ database: `${folder}/hocuspocus.sqlite` })],
});
await server.listen();
