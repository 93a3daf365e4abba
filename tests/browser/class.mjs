// The class's page in Chromium, driven as students use it: `node class.mjs` with ZCLAB (the program) and CHROMIUM.
// Each step that holds is a line on standard output; the first that does not ends it with status 1.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PATIENCE = 60_000;
const home = mkdtempSync(join(tmpdir(), 'zclab-browser-'));
const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, 'state'), XDG_CACHE_HOME: join(home, 'cache') };

/** The questions of the course, one of each kind. */
function questions() {
  const done = spawn(process.env.ZCLAB, ['export', 'questions', '--format', 'json'], { env });
  let text = '';
  done.stdout.on('data', (data) => (text += data));
  return new Promise((resolve) => done.on('close', () => {
    const all = JSON.parse(text).questions;
    const first = (kind) => all.find((one) => one.kind === kind && !one.run);
    resolve(Object.fromEntries(['choice', 'multi', 'number', 'order', 'match', 'bug'].map((kind) => [kind, first(kind)])));
  }));
}

/** `zclab class --plain` on loopback. */
class Room {
  constructor(more = []) {
    const args = ['class', '--plain', '--listen', '127.0.0.1', ...more];
    this.child = spawn(process.env.ZCLAB, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async line() {
    const { value } = await this.lines.next();
    return value ?? '';
  }

  /** The address and the session's file, which it prints first. */
  async open() {
    this.url = (await this.line()).replace(/^join /, '');
    let line = '';
    while (!line.startsWith('session ')) line = await this.line();
    this.file = line.replace(/^session /, '');
    return this;
  }

  /** What the room answers to a command. */
  async say(command) {
    this.child.stdin.write(command + '\n');
    let line = '';
    while (!/^(refused|.* round=)/.test(line)) line = await this.line();
    assert.ok(!line.startsWith('refused'), `${command}: ${line}`);
    return line;
  }

  /** Until so many have answered. */
  async answered(count) {
    const until = Date.now() + PATIENCE;
    while (!(await this.say('status')).includes(` answered=${count} `)) {
      assert.ok(Date.now() < until, `${count} have answered`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  events() {
    return readFileSync(this.file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  }

  votes(round) {
    return this.events().filter((one) => one.event === 'vote' && one.round === round).map((one) => one.answer);
  }

  end(signal) {
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    signal ? this.child.kill(signal) : this.child.stdin.end();
    return ended;
  }
}

const held = (step) => console.log(`holds: ${step}`);

/** No finding of axe on the page as it is. */
async function accessible(page, where) {
  await page.addScriptTag({ path: axe }).catch(() => page.evaluate(readFileSync(axe, 'utf8')));
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    // One page of a room, with one thing on it.
    rules: { region: { enabled: true } },
  }));
  const lines = found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(' ')}`);
  assert.deepEqual(lines, [], where);
}

/** Nothing stands beyond the right edge. */
async function fits(page, where) {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(wide <= room, `${where}: ${wide} of ${room} pixels`);
}

const saved = (page) => page.getByText('Your answer is saved. You can change it').waitFor({ timeout: PATIENCE });

async function main() {
  const asked = await questions();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  let room = await new Room().open();
  try {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 }, bypassCSP: true });
    const elsewhere = [];
    context.on('request', (one) => one.url().startsWith(new URL(room.url).origin) || elsewhere.push(one.url()));
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(room.url);
    await page.getByText('You are in.').waitFor();
    await accessible(page, 'the lobby');
    held('a phone joins by the address that is printed');

    await room.say(`open ${asked.choice.id}`);
    await page.locator('#o0').check();
    await saved(page);
    await page.locator('#o1').check();
    await room.answered(1);
    await page.waitForFunction(() => document.getElementById('s').textContent.startsWith('Your answer is saved.'));
    const until = Date.now() + PATIENCE;
    while (room.votes(1).at(-1)?.[0] !== 1) {
      assert.ok(Date.now() < until, 'the correction is in the file');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await accessible(page, 'a choice');
    await fits(page, 'a choice at 320 pixels');
    held('an answer is saved, and a mis-tap is corrected');

    await page.reload();
    await page.locator('#o1:checked').waitFor();
    await saved(page);
    assert.equal(room.events().filter((one) => one.event === 'seat').length, 1);
    held('a reload keeps the seat and the answer');

    await context.setOffline(true);
    await page.locator('#o0').check();
    await page.getByText('Not saved yet.').waitFor();
    assert.deepEqual(room.votes(1).at(-1), [1]);
    await context.setOffline(false);
    await saved(page);
    assert.deepEqual(room.votes(1).at(-1), [0]);
    held('without a network "Not saved yet" is said, and the answer is sent afterwards');

    await context.setOffline(true);
    await page.locator('#o1').check();
    await page.getByText('Not saved yet.').waitFor();
    await room.say('close');
    await context.setOffline(false);
    await page.getByText('Your last change came too late. The answer before it counts.').waitFor();
    assert.deepEqual(room.votes(1).at(-1), [0]);
    held('an answer that comes after the closing is refused, and the student is told');

    const text = await page.locator('main').innerText();
    assert.ok(!text.includes(asked.choice.explanation.slice(0, 40)), 'nothing is told before the reveal');
    await room.say('again');
    await page.locator('#o1').check();
    await saved(page);
    await room.say('reveal');
    await page.getByText('The answer:').waitFor();
    await page.getByText('How the class voted').waitFor();
    assert.equal(await page.locator('table tr').first().locator('th').count(), 3);
    await accessible(page, 'the reveal');
    await fits(page, 'the reveal at 320 pixels');
    held('the reveal has the answer and both votes');

    await keyboard(page, room, asked);
    await widths(browser, page, room, asked);
    await restart(page, room, asked, (next) => (room = next));
    await withoutScript(browser, room, asked);
    assert.deepEqual(elsewhere, [], 'no request leads elsewhere');
    assert.deepEqual(errors, [], 'no error in the script');
    held('no request leads elsewhere, and no script fails');
  } finally {
    await browser.close();
    await room.end();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Each kind by keys alone: Tab to what can be answered, arrows, Space, Enter. */
async function keyboard(page, room, asked) {
  /** Tab, until what has the focus is this. */
  const tabTo = async (selector) => {
    for (let step = 0; step < 60; step++) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) {
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outline, 'none', `the focus on ${selector} is seen`);
        return;
      }
      await page.keyboard.press('Tab');
    }
    assert.fail(`${selector} is reached by Tab`);
  };
  const vote = async (kind, press, expected) => {
    await room.say(`open ${asked[kind].id}`);
    const round = room.events().filter((one) => one.event === 'open').at(-1).round;
    await page.locator('#a form').waitFor();
    await press();
    await room.answered(1);
    await saved(page);
    assert.deepEqual(room.votes(round).at(-1), expected, kind);
    await accessible(page, kind);
    await fits(page, `${kind} at 320 pixels`);
    await room.say('close');
    await page.getByText('The vote is closed.').waitFor();
  };
  const key = (name) => page.keyboard.press(name);
  await vote('choice', async () => { await tabTo('#o0'); await key('Space'); await key('ArrowDown'); }, [1]);
  await vote('bug', async () => { await tabTo('#o0'); await key('Space'); }, [0]);
  await vote('multi', async () => {
    await tabTo('#o0'); await key('Space');
    await tabTo('#o2'); await key('Space');
    await tabTo('button[type=submit]'); await key('Enter');
  }, [0, 2]);
  await vote('number', async () => { await tabTo('#n'); await page.keyboard.type('33'); await key('Enter'); }, 33);
  await vote('order', async () => {
    await tabTo('#o1'); await key('Enter');
    await tabTo('#o2'); await key('Space');
    await tabTo('button[type=submit]'); await key('Enter');
  }, [1, 2]);
  const count = asked.match.options.length;
  await vote('match', async () => {
    for (let at = 0; at < count; at++) { await tabTo(`#o${at}`); await key('ArrowDown'); }
    await tabTo('button[type=submit]'); await key('Enter');
  }, Array(count).fill(0));
  held('every kind is answered by keys alone, has no finding of axe, and fits 320 pixels');
}

/** 200 % zoom is half the pixels of CSS; dark as well as light. */
async function widths(browser, page, room, asked) {
  await room.say(`open ${asked.bug.id}`);
  await page.locator('#o0').waitFor();
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [[640, 360], [1280, 720]]) {
      await page.setViewportSize({ width, height });
      await fits(page, `${width} pixels`);
      await accessible(page, `${colorScheme} at ${width} pixels`);
      if (process.env.PICTURES) {
        await page.screenshot({ path: join(process.env.PICTURES, `class-${colorScheme}-${width}.png`) });
      }
    }
  }
  // The text alone twice as large, as phones can be set.
  await page.setViewportSize({ width: 640, height: 720 });
  await page.addStyleTag({ content: 'html{font-size:200%}' });
  await fits(page, 'text of 200 %');
  const smallest = await page.evaluate(() => Math.min(...[...document.querySelectorAll('label.o')].map((one) => one.getBoundingClientRect().height)));
  assert.ok(smallest >= 44, `targets of ${smallest} pixels`);
  await room.say('close');
  held('light and dark, 1280 pixels, 200 % zoom and text of 200 % lose nothing');
}

/** The room is killed in the middle of a vote and resumed: the same seat, the same answer. */
async function restart(page, room, asked, resumed) {
  await page.reload();
  await room.say(`open ${asked.choice.id}`);
  await page.locator('#o0').check();
  await saved(page);
  const seats = room.events().filter((one) => one.event === 'seat').length;
  await room.end('SIGKILL');
  await page.getByText('No connection to the room.').waitFor();
  await page.locator('#o1').check();
  await page.getByText('Not saved yet.').waitFor();
  const next = await new Room(['--resume', room.file]).open();
  resumed(next);
  assert.equal(next.url, room.url);
  await saved(page);
  const votes = next.events().filter((one) => one.event === 'vote').map((one) => one.answer);
  assert.deepEqual(votes.at(-1), [1]);
  assert.equal(next.events().filter((one) => one.event === 'seat').length, seats);
  held('a room that is killed and resumed finds its phones again, and their answers');
}

async function withoutScript(browser, room, asked) {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(room.url);
  await page.getByRole('button', { name: 'Join the class' }).click();
  await page.locator('input[type=radio]').nth(2).check();
  await page.getByRole('button', { name: 'Send the answer' }).click();
  await page.getByText('Your answer is saved.').waitFor();
  assert.deepEqual(room.events().filter((one) => one.event === 'vote').at(-1).answer, [2]);
  await room.say('reveal');
  await page.getByRole('link', { name: 'Look again' }).click();
  await page.getByText('The answer:').waitFor();
  held('a phone without JavaScript joins, votes and sees the answer by forms');
  await context.close();
}

await main().catch((error) => {
  console.error(error);
  process.exit(1);
});
