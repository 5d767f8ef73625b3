import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a TCP server that can be cut, or fall silent, while the server itself goes on. */
export interface TcpProxy {
  /** The same address with the proxy's port. */
  through(url: string): string;
  /** Breaks every connection and refuses new ones, as a server that is down. */
  cut(): Promise<void>;
  /** Takes connections, and passes nothing on in either direction, as a network that loses packets. */
  silence(): void;
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function openTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isSilent = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    if (isSilent) socket.pause();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    keep(client);
    keep(upstream);
    client.on('data', (chunk) => void upstream.write(chunk)).on('close', () => upstream.destroy());
    upstream.on('data', (chunk) => void client.write(chunk)).on('close', () => client.destroy());
    if (isSilent) for (const socket of [client, upstream]) socket.pause();
  });
  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const own = await listen(0);
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    through: (url) => Object.assign(new URL(url), { port: String(own) }).href,
    cut,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.pause();
    },
    async restore() {
      isSilent = false;
      for (const socket of sockets) socket.resume();
      if (!server.listening) await listen(own);
    },
    close: cut,
  };
}
