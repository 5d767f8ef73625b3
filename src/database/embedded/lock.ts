import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { DataDirectoryInUseError } from '../../errors.js';

/**
 * Holds a directory for one process: a socket in Linux' abstract namespace, named after the directory's inode. The
 * kernel lets one process have the name and frees it at that process's death, kill -9 included, so there is no
 * left-over to judge. Whoever connects is told the holder's pid.
 * @throws DataDirectoryInUseError where another process holds it.
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const { dev, ino } = statSync(directory);
  const name = `\0renewal-ledger-${dev}-${ino}`;
  const server = createServer((socket) => socket.on('error', () => undefined).end(String(process.pid)));
  try {
    await once(server.listen(name), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DataDirectoryInUseError(directory, await holderOf(name));
  }
  server.unref();
  return { release: () => closed(server) };
}

async function holderOf(name: string): Promise<number | undefined> {
  const socket = connect(name).setTimeout(1_000, () => socket.destroy());
  const pid = await text(socket).catch(() => '');
  return pid === '' ? undefined : Number(pid);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
