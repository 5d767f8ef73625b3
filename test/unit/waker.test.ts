import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Waker } from '../../src/events/waker.js';

const log = pino({ level: 'silent' });
const query = async () => [];
const toWakeUp = (id: string) => ({ id, lane: id });

function openWaker(fail: (turn: number) => boolean = () => false) {
  const sent: string[][] = [];
  const wakeEvents = async (_query: unknown, wakeUps: readonly { readonly id: string }[]) => {
    sent.push(wakeUps.map(({ id }) => id));
    if (fail(sent.length)) throw new Error('the queue is away');
  };
  return { sent, waker: new Waker({ wakeEvents, query }, log) };
}

test('A lone wake-up is sent at once', () => {
  const { waker, sent } = openWaker();
  waker.wake([toWakeUp('evt_1')]);
  expect(sent).toEqual([['evt_1']]);
});

test('What comes while another is on its way shares the next statement, and is sent when the waker is idle', async () => {
  const { waker, sent } = openWaker();
  for (const id of ['evt_1', 'evt_2', 'evt_3']) waker.wake([toWakeUp(id)]);
  await waker.idle();
  expect(sent).toEqual([['evt_1'], ['evt_2', 'evt_3']]);
});

test('A queue that fails holds up nothing that comes later, and what it lost is left to the sweep', async () => {
  const { waker, sent } = openWaker((turn) => turn === 1);
  waker.wake([toWakeUp('evt_1')]);
  waker.wake([toWakeUp('evt_2')]);
  await waker.idle();
  waker.wake([toWakeUp('evt_3')]);
  expect(sent).toEqual([['evt_1'], ['evt_2'], ['evt_3']]);
});

test('Nothing to wake sends nothing', async () => {
  const { waker, sent } = openWaker();
  waker.wake([]);
  await waker.idle();
  expect(sent).toEqual([]);
});

test('While the queue does not answer, what waits is bounded', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  const sent: number[] = [];
  const wakeEvents = async (_query: unknown, wakeUps: readonly unknown[]) => {
    sent.push(wakeUps.length);
    if (sent.length === 1) await answer;
  };
  const waker = new Waker({ wakeEvents, query }, log);
  for (let batch = 0; batch < 300; batch += 1)
    waker.wake(Array.from({ length: 100 }, (_, index) => toWakeUp(`evt_${index}`)));
  resolve();
  await waker.idle();
  expect(sent).toEqual([100, 10_100]);
});
