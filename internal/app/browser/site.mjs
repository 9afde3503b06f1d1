// What the browser tests share: the real program on a port of its own, a
// Chromium that speaks to nobody else, and what must hold of every page.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

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
    child.on('exit', (code) => code === 0 || code === 1 ? resolve(said) : reject(new Error(`homeward ${args[0]} ended with ${code}: ${said.slice(-2000)}`)))
  })
}

export function folder () {
  const dir = mkdtempSync(path.join(tmpdir(), 'homeward-browser-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) }
}

// Starts the program on a free port and gives its address and a way to stop it.
export function serve (...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const ended = new Promise((done) => child.on('exit', (code) => done(code)))
    child.stderr.on('data', (text) => { said += text })
    child.stdout.on('data', (text) => {
      said += text
      const at = said.match(/http:\/\/127\.0\.0\.1:\d+/)
      if (at) {
        resolve({
          at: at[0],
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

export function browser () {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync']
  })
}

// Opens a context whose pages gather what must never happen: a request to
// another host, a refusal by the content security policy, an error of a script.
export async function visitor (chrome, at, options = {}) {
  const { width = 1280, height = 720, script = true, ...rest } = options
  const context = await chrome.newContext({ viewport: { width, height }, javaScriptEnabled: script, ...rest })
  const wrong = []
  await context.route('**', (route) => {
    const url = route.request().url()
    if (url.startsWith(at + '/') || url.startsWith('data:')) return route.continue()
    wrong.push(`a request to ${url}`)
    return route.abort()
  })
  context.on('page', (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' || /content security policy/i.test(message.text())) wrong.push(message.text())
    })
    page.on('pageerror', (error) => wrong.push(String(error)))
  })
  return { context, wrong, page: await context.newPage() }
}

// The pages of the service that people read; a receipt is added where there is
// one.
export const pages = [
  '/overview', '/overview?view=print', '/figures', '/figures?by=provider,reason&last=3m', '/charts/delayed-days', '/charts/dtoc-beds',
  '/charts/council-share', '/charts/reasons', '/extracts', '/extracts/upload', '/packs', '/definitions', '/definitions/M03',
  '/admin/jobs', '/accessibility', '/help/keyboard'
]
