#!/usr/bin/env node
// Writes data/licences.txt, which "homeward licences" prints: the licence of everything of others that is built into the
// program, from the files of the modules and packages themselves. One without such a file fails it. With --check it
// writes nothing and fails when the file is not what it would write.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const target = path.join(root, 'data', 'licences.txt')

// What static/build.mjs puts into static/vendor; what they are built of is found in the lock file.
const served = ['echarts', 'nhsuk-frontend']
const licence = /^(?:(?:licen[cs]es?|copying|notice|patents|unlicense)(?:[-.].*)?|copyright.*)$/i

// Packages that ship no such file, and say under which licence they stand in package.json and in their README.
const stated = { 'nhsuk-frontend': 'MIT' }
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`

function statement(name, folder) {
  const { license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const said = readFileSync(path.join(folder, 'README.md'), 'utf8').match(/^## Licence\s+([^]*?)(?=\n#|$(?![^]))/m)
  if (license !== stated[name] || !said) throw new Error(`${name} states its licence otherwise than it did: ${license}`)
  return [{ file: 'README.md', text: said[1].trim() }, { file: `package.json says ${license}, which is`, text: MIT }]
}

// The files of a folder that state a licence, and of a folder of further ones beside them.
function texts(name, folder) {
  const files = []
  for (const entry of readdirSync(folder).sort()) {
    const at = path.join(folder, entry)
    if (!licence.test(entry) || /\.(?:go|js|json)$/.test(entry)) continue
    if (statSync(at).isFile()) files.push(at)
    else files.push(...readdirSync(at).sort().map((inner) => path.join(at, inner)).filter((inner) => statSync(inner).isFile()))
  }
  if (files.length === 0 && stated[name]) return statement(name, folder)
  if (files.length === 0) {
    throw new Error(`${name} has no file that states its licence in ${folder}. Find out under which it stands before it is built in.`)
  }
  return files.map((at) => ({ file: path.relative(folder, at), text: readFileSync(at, 'utf8').replaceAll('\r\n', '\n').trim() }))
}

// The modules that are linked into the program, and the standard library of Go. Files whose names say for which system they
// are would make the list hang on where it is written.
function modules() {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '1' }
  const go = (...args) => execFileSync('go', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20, env })
  const seen = new Map()
  const lines = go('list', '-deps', '-f', '{{with .Module}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}', './cmd/homeward')
  for (const line of lines.split('\n')) {
    const [name, version, folder] = line.split('\t')
    if (name && name !== 'homeward') seen.set(name, { name, version, folder })
  }
  const own = readFileSync(path.join(root, 'go.mod'), 'utf8').match(/^toolchain go(\S+)/m)[1]
  const sorted = [...seen.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  return [{ name: 'Go', version: own, folder: go('env', 'GOROOT').trim() }, ...sorted]
}

// The served packages with everything that they are built of.
function packages() {
  const locked = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages
  const seen = new Map()
  const add = (name, from) => {
    const key = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((at) => locked[at])
    if (!key) throw new Error(`${name} is not in package-lock.json`)
    if (seen.has(key)) return
    const folder = path.join(root, key)
    if (!existsSync(folder)) throw new Error(`${name} is not installed. Run npm ci.`)
    seen.set(key, { name, version: locked[key].version, folder })
    for (const inner of Object.keys(locked[key].dependencies ?? {})) add(inner, key)
  }
  for (const name of served) add(name, '')
  return [...seen.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const rule = '='.repeat(78)
const same = new Map()
const parts = ['What is built into Homeward and was written by others, each with its licence.',
  'The module go-sqlite3 holds SQLite, which its authors have given to the public domain.',
  'Made by .ci/licences.mjs from the modules of Go and the packages of npm; do not edit.', '']
const all = [...modules().map((m) => ({ kind: 'Go', ...m })), ...packages().map((p) => ({ kind: 'npm', ...p }))]
for (const { kind, name, version } of all) parts.push(`${kind === 'npm' ? 'npm' : 'go '} ${name} ${version}`)
for (const { name, version, folder } of all) {
  parts.push('', rule, `${name} ${version}`, rule)
  for (const { file, text } of texts(name, folder)) {
    const first = same.get(text)
    parts.push('', `-- ${file}`, '', first ? `The same text as ${first}.` : text)
    if (!first) same.set(text, `${file} of ${name}`)
  }
}
const made = parts.join('\n') + '\n'

if (process.argv.includes('--check')) {
  const there = existsSync(target) ? readFileSync(target, 'utf8') : ''
  if (there !== made) {
    console.error('data/licences.txt is not what the modules and packages of now state. Run: node .ci/licences.mjs')
    process.exit(1)
  }
} else {
  writeFileSync(target, made)
  console.log(`data/licences.txt: ${all.length} modules and packages, ${Math.round(made.length / 1024)} KiB`)
}
