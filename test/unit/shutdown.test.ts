import { EventEmitter } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/log.js';
import { createShutdown, type Shutdown } from '../../src/main/shutdown.js';

let source: EventEmitter;
let codes: number[];
let closed: string[];
let shutdown: Shutdown;

beforeEach(() => {
  source = new EventEmitter();
  codes = [];
  closed = [];
  shutdown = createShutdown(createLogger('silent'), (code) => codes.push(code));
  shutdown.listen(source);
});
afterEach(() => vi.useRealTimers());

const close = (name: string) => async () => void closed.push(name);
const never = () => new Promise<void>(() => undefined);

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('%s closes what was opened last first, and ends with 0', async (signal) => {
    shutdown.add(close('database'), 100);
    shutdown.add(close('service'), 100);
    source.emit(signal);
    await vi.waitFor(() => expect(codes).toEqual([0]));
    expect(closed).toEqual(['service', 'database']);
  });

  it('goes on to the next when one hangs or fails', async () => {
    shutdown.add(close('database'), 100);
    shutdown.add(async () => Promise.reject(new Error('fails')), 100);
    shutdown.add(never, 10);
    source.emit('SIGTERM');
    await vi.waitFor(() => expect(codes).toEqual([0]));
    expect(closed).toEqual(['database']);
  });

  it('that comes twice at once, as npm hands on a Ctrl-C, is one wish', async () => {
    shutdown.add(() => pause(20), 1_000);
    shutdown.add(close('service'), 100);
    source.emit('SIGINT');
    source.emit('SIGINT');
    await vi.waitFor(() => expect(codes).toEqual([0]));
  });

  it('that comes again later ends the process at once', () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    shutdown.add(never, 60_000);
    source.emit('SIGINT');
    vi.advanceTimersByTime(1_001);
    source.emit('SIGINT');
    expect(codes).toEqual([1]);
  });
});

it('an error that nobody caught closes everything, and ends with 1', async () => {
  shutdown.add(close('database'), 100);
  source.emit('uncaughtException', new Error('unforeseen'));
  await vi.waitFor(() => expect(codes).toEqual([1]));
  expect(closed).toEqual(['database']);
});

describe('a start', () => {
  it('that fails half-way closes what it had opened, and says why it failed', async () => {
    shutdown.add(close('database'), 100);
    await expect(shutdown.guard(Promise.reject(new Error('no port')))).rejects.toThrow('no port');
    expect(closed).toEqual(['database']);
    expect(codes).toEqual([]);
  });

  it('that a signal interrupts opens nothing more, and what it was just opening is closed', async () => {
    let opened = () => {};
    const database = new Promise<void>((resolve) => (opened = resolve));
    const starting = shutdown.guard(
      database.then(() => shutdown.add(close('database'), 100)).then(() => void closed.push('the service was opened')),
    );
    source.emit('SIGTERM');
    opened();
    await starting.catch(() => undefined);
    expect(closed).toEqual(['database']);
    expect(codes).toEqual([0]);
  });
});
