// What the browser tests share: the real program on a port of its own, a
// Chromium that speaks to nobody else, and what must hold of every page.
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

// What the guidelines up to 2.2 AA ask, and what is good practice besides.
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
export const program = process.env.HOMEWARD_BIN ?? path.join(root, 'bin', 'homeward')

if (!existsSync(program)) {
  throw new Error(`${program} is missing. Run "make build" first.`)
}

// Runs the program to its end and gives what it said. Status 1 says that it did
// its work and turned something away or held it, as real extracts have it.
export function run (...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (text) => { said += text })
    child.stderr.on('data', (text) => { said += text })
    child.on('error', reject)
    child.on('exit', (code) => code === 0 || code === 1 ? resolve(said)
      : reject(new Error(`homeward ${args[0]} ended with ${code}: ${said.slice(-2000)}`)))
  })
}

export function folder () {
  const dir = mkdtempSync(path.join(tmpdir(), 'homeward-browser-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) }
}

// The day so many days ago, as the program has it: its day begins at midnight in London.
const today = () => new Date().toLocaleDateString('sv', { timeZone: 'Europe/London' })
export const day = (back) => new Date(Date.parse(today()) - back * 86400000).toISOString().slice(0, 10)

// A time of day as the program writes it.
export const clock = '(\\d+(:\\d\\d)?[ap]m|midday|midnight)'

// Makes a data folder of the example Northshire with the extracts of so many days
// taken in, and gives it beside the folder of their files.
export async function northshire (days, size) {
  const data = folder()
  const files = folder()
  cpSync(path.join(root, 'data', 'examples', 'northshire'), data.dir, { recursive: true })
  await run('synth', '--out', files.dir, '--from', day(days), '--to', day(1), '--size', `${size}`)
  await run('ingest', '--data', data.dir, path.join(files.dir, 'extracts'))
  return { data, files }
}

// Starts the program, on a free port unless --listen is among the words, and
// gives its address, what it has said and a way to stop it.
export function serve (...args) {
  return new Promise((resolve, reject) => {
    const where = args.includes('--listen') ? [] : ['--listen', '127.0.0.1:0']
    const child = spawn(program, [...args, ...where], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const ended = new Promise((done) => child.on('exit', (code) => done(code)))
    child.stderr.on('data', (text) => { said += text })
    child.stdout.on('data', (text) => {
      said += text
      const at = said.match(/http:\/\/127\.0\.0\.1:\d+/)
      if (at) {
        resolve({
          at: at[0],
          pid: child.pid,
          said: () => said,
          stop: async () => {
            child.kill('SIGTERM')
            return await ended
          }
        })
      }
    })
    child.on('error', reject)
    ended.then((code) => reject(new Error(`homeward ended with ${code}: ${said}`)))
  })
}

// Each page has its scripts and axe for a second and is left, so compiling them well
// on a core that the next page needs costs more than it gives: a third of the
// processor time of a check with axe. The same scripts run, with the same results.
const briefly = ['--js-flags=--no-turbofan --no-maglev --min-semi-space-size=32 --max-semi-space-size=64', '--in-process-gpu']

export async function browser () {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'
  const chrome = await chromium.launch({
    executablePath,
    args: [...briefly, '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost']
  })
  if (process.env.HOMEWARD_TEST_CLOCK) {
    // The day of .ci/on-day: the clock of the pages is the program's too.
    const open = chrome.newContext.bind(chrome)
    chrome.newContext = async (options) => {
      const context = await open(options)
      await context.addInitScript(`(${process.env.HOMEWARD_TEST_CLOCK})(${process.env.HOMEWARD_TEST_SHIFT})`)
      return context
    }
  }
  return chrome
}

const axe = readFileSync(path.join(root, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8')
const withAxe = new WeakSet()

// What axe finds on a page, one line a rule. Who is asked once brings axe along to
// the pages that come, because handing it over takes as long as a small page's
// check. Every rule runs; of what passes it lists no elements, which takes a third
// of the time. No page has a frame.
export async function findings (page) {
  if (!withAxe.has(page.context())) {
    withAxe.add(page.context())
    await page.context().addInitScript(axe)
  }
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe)
  return await page.evaluate(async (values) => {
    const { violations } = await window.axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] })
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' | ')}`)
  }, rules)
}

// One person of each role; a role for named organisations has the first
// hospital's or council's code.
const roles = { administrator: null, analyst: null, presenter: null, viewer: null, coordinator: 'provider', reviewer: 'council',
  director: 'council' }
const password = 'tulip canal mauve'

// Adds a person of each of the roles to a data folder, who sign in with a password
// alone, and gives their password links by role. The folder's own organisations
// are named by their codes.
export async function addPeople (dir, which = Object.keys(roles), codes = { provider: 'RZ1', council: 'E10000099' }) {
  const file = path.join(dir, 'partnership.yaml')
  const text = readFileSync(file, 'utf8')
  if (!/^sign_in:/m.test(text)) writeFileSync(file, text + '\nsign_in:\n  require_second_factor: false\n')
  const links = {}
  for (const role of which) {
    const of = roles[role]
    const said = await run('user', 'add', emailOf(role), '--data', dir, '--role', role, '--name', `A. ${role}`,
      ...(of ? ['--for', codes[of]] : []))
    links[role] = said.match(/\/choose-password\/\S+/)?.[0]
    if (!links[role]) throw new Error(`no password link for the ${role}: ${said}`)
  }
  return links
}

export const emailOf = (role) => `${role}@northshire.example`

// Posts a form as a browser of the site does, and gives the answer.
export function post (at, target, fields, cookie = '') {
  return fetch(at + target, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin', Origin: at, Cookie: cookie },
    body: new URLSearchParams(fields)
  })
}

// Has each person choose a password and sign in, and gives their cookies by
// role.
export async function signInAll (at, links) {
  const cookies = {}
  for (const [role, link] of Object.entries(links)) {
    await post(at, link, { password })
    const answer = await post(at, '/sign-in', { email: emailOf(role), password })
    cookies[role] = answer.headers.getSetCookie().map((c) => c.split(';')[0]).find((c) => c.startsWith('homeward='))
    if (answer.status !== 303 || !cookies[role]) throw new Error(`the ${role} could not sign in: ${answer.status}`)
  }
  return cookies
}

// Serves a data folder with a person of each of the roles signed in. Only those who
// are visited as: a password is hashed for a second when it is chosen and when it is
// given.
export async function staffed (dir, which, codes) {
  const links = await addPeople(dir, which, codes)
  const site = await serve('serve', '--data', dir)
  site.cookies = await signInAll(site.at, links)
  return site
}

// What of a page must be scrolled sideways to be read: the page, and on a phone any
// table of it but the sample of a file.
export async function sideways (page) {
  // A click comes back before the next page has its style sheet.
  await page.waitForLoadState('load')
  return await page.evaluate(() => {
    const tables = innerWidth < 400 ? document.querySelectorAll('.app-scroll:not(:has(> pre)), .app-call__scroll') : []
    return [document.documentElement, ...tables].filter((one) => one.scrollWidth > one.clientWidth + 1)
      .map((one) => `${one.getAttribute('aria-labelledby') ?? 'the page'} by ${one.scrollWidth - one.clientWidth} px`)
  })
}

// The role that a page is visited in when a test does not say.
export function roleFor (target) {
  if (/^\/(today|delays|days)/.test(target)) return 'coordinator'
  if (/^\/(agreement|disputes)/.test(target)) return 'reviewer'
  if (/^\/council/.test(target)) return 'director'
  if (/^\/call/.test(target)) return 'presenter'
  if (/^\/(extracts\/upload|published\/add|layouts\/new)/.test(target)) return 'analyst'
  return 'administrator'
}

// Visitors who have left, by browser, site, role and device. Who comes the same way
// goes on in the same window, as a reader does: a new one costs three pages.
const left = new WeakMap()

// Opens a window whose pages gather what must never happen: a request to
// another host, a refusal by the content security policy, an error of a script.
// Visitors of a site of staffed act in the role of as, or as nobody. Who is done
// leaves; with again the window is one that somebody left, for looks alone: where the
// keyboard stands in it is not said.
export async function visitor (chrome, site, options = {}) {
  const { width = 1280, height = 720, script = true, as = 'administrator', again = false, ...rest } = options
  const { at, cookies = {} } = typeof site === 'string' ? { at: site } : site
  if (site.cookies && as !== 'nobody' && !cookies[as]) throw new Error(`no ${as} has signed in here`)
  const how = JSON.stringify([at, cookies[as], width, height, script, rest])
  if (!left.has(chrome)) left.set(chrome, new Map())
  const gone = left.get(chrome).get(how) ?? []
  left.get(chrome).set(how, gone)
  if (again && gone.length > 0) return gone.pop()
  const context = await chrome.newContext({ viewport: { width, height }, javaScriptEnabled: script, ...rest })
  if (cookies[as]) {
    const [name, value] = cookies[as].split('=')
    await context.addCookies([{ name, value, url: at, httpOnly: true, sameSite: 'Lax' }])
  }
  const wrong = []
  // Looked at, not held up: the browser finds no other host, and keeps what it
  // has loaded, as a reader's does.
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(at + '/') && !/^(data|blob|about):/.test(url)) wrong.push(`a request to ${url}`)
  })
  context.on('page', (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text())) wrong.push(message.text())
    })
    page.on('pageerror', (error) => wrong.push(String(error)))
  })
  const page = await context.newPage()
  const one = {
    context,
    page,
    wrong,
    leave: async () => {
      if (!again) return await context.close()
      // The next finds a quiet page and the first size, and is told of nothing that
      // the page before did. From an empty page the browser would start a process anew.
      await page.goto(at + '/healthz')
      await page.emulateMedia({ media: null, forcedColors: rest.forcedColors ?? null })
      await page.setViewportSize({ width, height })
      wrong.length = 0
      gone.push(one)
    }
  }
  return one
}

// The pages of the service that people read; a receipt is added where there is
// one.
export const pages = [
  '/overview', '/overview?view=print', '/figures', '/figures?by=provider,reason&last=3m', '/figures?rows=reason&columns=provider',
  '/charts/delayed-days', '/charts/dtoc-beds',
  '/charts/council-share', '/charts/reasons', '/extracts', '/extracts/upload',
  '/quality', '/extracts/calendar', '/packs', '/definitions', '/definitions/M03',
  '/definitions/changes', '/layouts', '/layouts/new', '/layouts/northgate-csv',
  '/days', '/sitrep', '/discharge', '/bridge', '/published', '/published/add',
  '/admin/partnership', '/admin/partnership/versions', '/admin/partnership/settings', '/admin/partnership/providers/RZ1',
  '/admin/partnership/councils/new', '/admin/partnership/levels/new', '/admin/partnership/mail', '/admin/partnership/packs/weekly',
  '/admin/jobs', '/admin/status', '/admin/users', '/admin/users/new', '/admin/users/1',
  '/admin/organisations', '/admin/tokens', '/admin/audit', '/account', '/account/role', '/accessibility', '/help/keyboard',
  '/conventions'
]
