// Fills static/vendor from npm: the compiled style sheet, the script of
// nhsuk-frontend, the few icons its style sheet names, and ECharts. Nothing is
// fetched by a reader's browser from any other host.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as sass from 'sass'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const modules = path.join(root, 'node_modules')
const out = path.join(root, 'static', 'vendor')
const nhsuk = path.join(modules, 'nhsuk-frontend', 'dist', 'nhsuk')
const require = createRequire(import.meta.url)

// Sheets and scripts are written whole before anything refers to them.
for (const folder of ['nhsuk', 'echarts']) {
  await rm(path.join(out, folder), { recursive: true, force: true })
  await mkdir(path.join(out, folder), { recursive: true })
}
await mkdir(path.join(out, 'nhsuk', 'images'), { recursive: true })

const { css } = sass.compile(path.join(root, 'static', 'css', 'app.scss'), {
  loadPaths: [modules],
  style: 'compressed',
  quietDeps: true
})

// A font is only ever one of the reader's own machine.
const elsewhere = css.match(/url\(\s*["']?(?:https?:)?\/\/[^)]*\)|@import|@font-face\{[^}]*url\([^}]*\}/g)
if (elsewhere) {
  throw new Error(`The style sheet would load from elsewhere: ${[...new Set(elsewhere)].join(', ')}`)
}
await writeFile(path.join(out, 'homeward.css'), css)

const icons = new Set([...css.matchAll(/url\(["']?\/static\/vendor\/nhsuk\/images\/([\w.-]+)["']?\)/g)].map((m) => m[1]))
for (const icon of icons) {
  await copyFile(path.join(nhsuk, 'assets', 'images', icon), path.join(out, 'nhsuk', 'images', icon))
}

// The source map is not served, so the comment that names it goes.
const script = await readFile(path.join(nhsuk, 'nhsuk-frontend.min.js'), 'utf8')
await writeFile(path.join(out, 'nhsuk', 'nhsuk-frontend.min.js'), script.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n'))

await copyFile(
  path.join(modules, 'echarts', 'dist', 'echarts.min.js'),
  path.join(out, 'echarts', 'echarts.min.js')
)

const versions = ['nhsuk-frontend', 'echarts'].map((name) => `${name} ${require(`${name}/package.json`).version}`)
console.log(`static/vendor: homeward.css ${Math.round(css.length / 1024)} KiB, ${versions.join(', ')}, ${icons.size} icons`)
