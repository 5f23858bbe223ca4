import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { emptyScene, verdict } from 'millrace/inspector';
import type { Scene } from 'millrace/inspector';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { ExecutorFrame } from '../../src/inspector/record/frame.ts';
import { frameOf, Replay } from './replay.ts';

/* The page as somebody sees it, in Debian's Chromium without a window. Where there is none these are left out; CI has one. */

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

let browser: Browser;
let pages: Page[] = [];
/** What the console said, what failed to load, and what was asked for elsewhere. */
let problems: string[] = [];
let children: ChildProcess[] = [];

async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
  const page = await browser.newPage(options);
  pages.push(page);
  page.setDefaultTimeout(40_000);
  page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`threw: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:'))
      problems.push(`asked for ${request.url()}`);
  });
  page.on(
    'response',
    (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`),
  );
  await page.goto(url);
  return page;
}

/** @returns the address of a process in which this happens. */
async function scene(name: string): Promise<string> {
  const script = fileURLToPath(new URL('scenes.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return line.toString().trim();
}

const title = (page: Page) => page.textContent('.verdict h1');

describe.skipIf(executablePath === undefined)('the page', () => {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await Promise.all(pages.map((page) => page.close()));
    for (const child of children) child.kill('SIGKILL');
    [pages, children] = [[], []];
    const found = problems;
    problems = [];
    expect(found).toEqual([]);
  });

  describe('says what the limit is:', () => {
    const expectTitle = async (name: string, expected: RegExp) => {
      const page = await open(await scene(name));
      await eventually(async () => expect(await title(page)).toMatch(expected));
    };
    test.each([
      ['main-silent', /^The main thread is silent: no sign of life for [1-9]\d*(\.\d)? s$/],
      ['thread-died', /^(A thread|\d+ threads) died$/],
      ['idle', /^Idle: nothing to do$/],
      ['refused-few', /^A few tasks are refused: [\d.,]+ a second$/],
      ['refused-many', /^Tasks are refused: [\d.,]+ a second$/],
    ])('%s', (name, expected) => expectTitle(name, expected));
    // Which limit comes first depends on what else the machine does; test/inspector/verdict.test.ts has recordings of these.
    test.skipIf(process.env['MILLRACE_LIVE'] === undefined).each([
      ['main-limit', /^The main thread is the limit$/],
      ['machine-limit', /^The processors are the limit$/],
      ['tasks-wait', /^(Tasks wait for a disk, the network or a lock|The processors are the limit)$/],
      ['threads-limit', /^Saturated: the threads are the limit$/],
      ['bytes-limit', /^The bytes of arguments are the limit$/],
      ['pending-limit', /^maxPending is too small$/],
      ['threads-starved', /^There is work, and threads are idle$/],
      ['places-full', /^Every place is taken$/],
      ['queue-long', /^The queue is longer than need be$/],
      ['well-fed', /^Busy and well fed$/],
      ['reader-slow', /^The reader is the limit$/],
      ['source-slow', /^The source is the limit$/],
      ['room', /^Room to spare$/],
    ])('%s', (name, expected) => expectTitle(name, expected));
  });

  test('says the sentence of each recorded scene', async () => {
    await using replay = new Replay();
    const page = await open(await replay.listen());
    await eventually(() => expect(replay.viewers).toBe(1));
    const scenes = readFileSync(new URL('scenes.jsonl', import.meta.url), 'utf8')
      .trim()
      .split('\n');
    for (const [sequence, line] of scenes.entries()) {
      const [, scene] = JSON.parse(line) as [string, Partial<Scene>];
      replay.send('frame', frameOf(sequence, {}, scene));
      replay.send('spans', {});
      const { title: sentence, text } = verdict({ ...emptyScene, ...scene });
      await eventually(async () =>
        expect([await title(page), await page.textContent('.verdict div p')]).toEqual([sentence, text]),
      );
    }
    await page.close();
  });

  test('says to the server that it reads', async () => {
    const url = await scene('idle');
    const page = await open(url);
    const said = await page.waitForRequest((request) => request.url().startsWith(`${url}?seen=`));
    expect(said.url()).toMatch(/\?seen=\d+$/);
    expect((await said.response())?.status()).toBe(204);
  });

  describe('can be read by everybody:', () => {
    test.each([
      ['light', 1280],
      ['dark', 1280],
      ['light', 390],
      ['dark', 390],
    ] as const)('%s, %i px wide', async (colorScheme, width) => {
      const page = await open(await scene('threads-limit'), {
        colorScheme,
        viewport: { width, height: 900 },
      });
      await page.waitForSelector('.functions tbody tr');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page.evaluate(axe.source);
      const violations = await page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))",
      );
      expect(violations).toEqual([]);
    });

    test('by keys alone', async () => {
      const page = await open(await scene('threads-limit'));
      await page.waitForSelector('.functions tbody tr');
      const focused = () =>
        page.evaluate(
          'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
        );
      const reached: unknown[] = [];
      for (let index = 0; index < 9; index++) {
        await page.keyboard.press('Tab');
        reached.push(await focused());
      }
      expect(reached.slice(0, 5)).toEqual(['scene', 'other', 'Pause', 'Seconds shown', 'Light or dark']);
      expect(reached[5]).toMatch(/^Moment looked at/);
      // The tables can be scrolled.
      await page.keyboard.press('Escape');
      await page.focus('[role=slider]');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      const spoken = () => page.getAttribute('[role=slider]', 'aria-valuetext');
      // Its history may begin later than that: what is told is told again with each frame.
      const says = (expected: RegExp) => eventually(async () => expect(await spoken()).toMatch(expected));
      await says(/^500 ms ago; \d of 2 threads busy; /);
      await page.keyboard.press('ArrowDown');
      await says(/^500 ms ago; thread 1: (nap; one task of \d+ ms|nap; runs since|idle)/);
      await page.keyboard.press('Space');
      await eventually(async () => expect(await page.textContent('.state')).toBe('paused'));
      await page.keyboard.press('Space');
      await eventually(async () => expect(await page.textContent('.state')).toBe('live'));
    });
  });

  test('shows where tasks are, what ran, and what went wrong', async () => {
    const page = await open(await scene('refused-many'));
    await page.waitForSelector('.incidents li');
    expect(await page.textContent('.incidents li')).toMatch(/\d\d:\d\d:\d\drefusednap saturated, waiting/);
    expect(await page.textContent('.functions tbody tr th')).toMatch(/^nap scenes\.mjs$/);
    expect(await page.$$eval('.place h3', (all) => all.map((each) => each.textContent))).toEqual([
      'Wait for a place',
      'In the queue',
      'On their way',
      'Running',
      'Results unread',
    ]);
    expect(await page.textContent('footer')).toMatch(
      /^process \d+, Node v\d+.* · memory .* · watching costs the main thread [\d.]+ %/,
    );
    await page.click('nav button:nth-child(2)');
    await eventually(async () => expect(await page.textContent('.tile:nth-child(2)')).toMatch(/of 1/));
  });

  test('shows labels as text, whatever they are', async () => {
    const page = await open(await scene('label'));
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => dialogs.push(dialog.message()));
    await eventually(async () =>
      expect(await page.textContent('.incidents')).toContain('<img src=x onerror=alert(1)>'),
    );
    expect(await page.textContent('.incidents')).toContain('RangeError');
    expect(await page.textContent('body')).not.toContain('quotes data');
    expect(await page.$$('img')).toEqual([]);
    expect(dialogs).toEqual([]);
  });

  test('of 64 threads draws a row each, in little time', async () => {
    await using replay = new Replay();
    const url = await replay.listen();
    const page = await open(url);
    await eventually(() => expect(replay.viewers).toBe(1));
    replay.send(
      'functions',
      Array.from({ length: 64 }, (_, index) => ({ name: `f${index}`, file: 'work.mjs' })),
    );
    const spans = Array.from({ length: 64 * 20 }, (_, index) => [
      index % 64,
      index % 64,
      1200 * Math.floor(index / 64) + 900,
      900,
      3,
      80,
    ]);
    const threads = Array.from({ length: 64 }, (_, index) => ['open', index, 100, index + 1] as const);
    for (let sequence = 0; sequence < 60; sequence++) {
      const functions = Array.from({ length: 64 }, (_, index) => [index, 5, 12, 4, 3, 0, [20, 5]]);
      replay.send(
        'frame',
        frameOf(
          sequence,
          { workers: 64, capacity: 500, threads, functions, busy: 0.9 },
          { busy: 0.9, submitted: 9 },
        ),
      );
      replay.send('spans', { 1: spans.flat() });
    }
    await page.waitForSelector('.functions tbody tr:nth-child(20)');
    expect((await page.locator('.threads .chart').boundingBox())?.height).toBeGreaterThan(64 * 8);
    await eventually(async () =>
      expect(await page.textContent('footer')).toMatch(/this page [\d.]+ (µs|ms) a picture/),
    );
    expect(await page.$$eval('.threads .legend li', (all) => all.length)).toBe(12);
    await page.close();
  });

  test('has hosts of a cluster as tabs, each with its own process, until it is gone', async () => {
    await using replay = new Replay();
    const page = await open(await replay.listen());
    await eventually(() => expect(replay.viewers).toBe(1));
    const frame = (sequence: number, present: number[], hosts: number[]) => {
      const { executors, ...rest } = frameOf(sequence, { name: 'far', hosted: true });
      const [far] = executors as [ExecutorFrame];
      const hostOf = (id: number): ExecutorFrame => ({
        ...(frameOf(sequence).executors[0] as ExecutorFrame),
        id,
        name: `machine:${id}`,
        workers: id,
        process: { ...rest, pid: 7000 + id, node: 'v20.0.0', mainBusy: 0.77 },
      });
      replay.send('frame', { ...rest, present, executors: [far, ...hosts.map(hostOf)] });
      replay.send('spans', {});
    };
    const tabs = () => page.$$eval('nav button', (all) => all.map((each) => each.textContent));
    const tile = (index: number) => page.textContent(`.tile:nth-child(${index})`);
    frame(0, [1, 8, 9], [8, 9]);
    await eventually(async () => expect(await tabs()).toEqual(['far', 'machine:8', 'machine:9']));
    expect(await page.isVisible('.threads')).toBe(false);
    expect(await page.textContent('.elsewhere')).toContain('on the tab of each host');
    // Two frames of one host at once, and none of the other.
    frame(1, [1, 8, 9], [9, 9]);
    await page.click('nav button:nth-child(3)');
    await eventually(async () => {
      expect(await tile(2)).toMatch(/of 9/);
      expect(await tile(6)).toMatch(/77 %/);
      expect(await page.isVisible('.elsewhere')).toBe(false);
      expect((await page.locator('.threads canvas').boundingBox())?.width).toBeGreaterThan(600);
      expect(await page.textContent('footer')).toMatch(/^process 7009, Node v20\.0\.0 · /);
      expect(await tabs()).toEqual(['far', 'machine:8', 'machine:9']);
    });
    frame(2, [1, 8], []);
    await eventually(async () => {
      expect(await tabs()).toEqual(['far', 'machine:8']);
      expect(await tile(2)).toMatch(/of 2/);
      expect(await page.textContent('footer')).toMatch(new RegExp(`^process ${process.pid}, `));
    });
    await page.close();
  });

  test('leaves when its tab has been hidden for ten seconds, and comes back when it is seen', async () => {
    await using replay = new Replay();
    const url = await replay.listen();
    const page = await browser.newPage();
    pages.push(page);
    await page.clock.install();
    await page.goto(url);
    await eventually(() => expect(replay.viewers).toBe(1));
    const hide = (hidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await hide(true);
    await page.clock.fastForward(9000);
    expect(replay.viewers).toBe(1);
    await page.clock.fastForward(2000);
    await eventually(() => expect(replay.viewers).toBe(0));
    await hide(false);
    await eventually(() => expect(replay.viewers).toBe(1));
  });

  test('knows of every moment between two frames, though their times are rounded, and not of those before', async () => {
    await using replay = new Replay();
    const page = await open(await replay.listen());
    await eventually(() => expect(replay.viewers).toBe(1));
    const { at } = frameOf(0);
    for (const [sequence, end] of [0, 251, 501].entries()) {
      replay.send('frame', { ...frameOf(sequence, { fulfilled: sequence }), at: at + end, spanMs: 250 });
      replay.send('spans', {});
    }
    await eventually(async () =>
      expect(await page.textContent('.tile:first-child .hint')).toBe('2 fulfilled in all'),
    );
    await page.focus('[role=slider]');
    const told: string[] = [];
    for (let moved = 0; moved < 4; moved++) {
      await page.keyboard.press('ArrowLeft');
      told.push((await page.getAttribute('[role=slider]', 'aria-valuetext')) ?? '');
    }
    expect(told).toEqual([
      expect.stringMatching(/^250 ms ago; 0 of 2 threads busy; /),
      expect.stringMatching(/^500 ms ago; 0 of 2 threads busy; /),
      expect.stringMatching(/^750 ms ago; 0 of 2 threads busy; /),
      '1 s ago; not watched',
    ]);
    await page.close();
  });

  test('stands still while it is paused, and can show more or less', async () => {
    await using replay = new Replay();
    const url = await replay.listen();
    const page = await open(url);
    await eventually(() => expect(replay.viewers).toBe(1));
    const tell = (sequence: number, fulfilled: number) => {
      replay.send('frame', frameOf(sequence, { fulfilled }));
      replay.send('spans', {});
    };
    const shown = () => page.textContent('.tile:first-child .hint');
    tell(0, 1);
    await eventually(async () => expect(await shown()).toBe('1 fulfilled in all'));
    await page.click('.controls button');
    tell(1, 2);
    await page.selectOption('select', '60');
    expect(await shown()).toBe('1 fulfilled in all');
    await page.click('.controls button');
    await eventually(async () => expect(await shown()).toBe('2 fulfilled in all'));
    await page.close();
  });
});
