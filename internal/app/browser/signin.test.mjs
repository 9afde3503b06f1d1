// Signing in as people do: the first administrator, a password link, the
// 6-digit code, a recovery code, roles, signing out, with and without scripts.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { appendFileSync, cpSync, existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { after, before as beforeAll, test } from 'node:test'
import { browser, findings, folder, root, run, serve, visitor } from './site.mjs'

const password = 'tulip canal mauve'

let chrome
let site
let data

beforeAll(async () => {
  chrome = await browser()
  data = folder()
  cpSync(path.join(root, 'data', 'examples', 'northshire'), data.dir, { recursive: true })
  site = await serve('serve', '--data', data.dir)
})

after(async () => {
  await chrome?.close()
  if (site) assert.equal(await site.stop(), 0, 'the program did not stop cleanly')
  data?.remove()
})

// The 6 digits of an authenticator app (RFC 6238), some steps on: a code opens
// once only.
function digits (secret, steps = 0) {
  let bits = ''
  for (const letter of secret.replaceAll(' ', '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps))
  const sum = createHmac('sha1', key).update(counter).digest()
  const at = sum[19] & 15
  return String((sum.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0')
}

async function sound (page, wrong, name) {
  // A click comes back before the next page has its style sheet.
  await page.waitForLoadState('load')
  assert.deepEqual(wrong, [], name)
  assert.equal(await page.locator('h1').count(), 1, `${name}: one h1`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${name}: the page scrolls sideways by ${wide} px`)
}

async function clean (page, wrong, name) {
  await sound(page, wrong, name)
  assert.deepEqual(await findings(page), [], `${name}: axe`)
}

// Types into the last field of a form and presses Enter in it. The page's own
// scripts put the focus on an error or a success when it has loaded; a key that
// is pressed before that goes elsewhere.
async function enter (page, field, text) {
  await page.waitForLoadState('load')
  await page.fill(field, text)
  await page.press(field, 'Enter')
}

const button = (page, name) => page.getByRole('button', { name, exact: true })

// A refused form is answered with a status that the browser puts on its console.
const forget = (wrong) => wrong.splice(0, wrong.length, ...wrong.filter((w) => !/Failed to load resource.*(400|403)/.test(w)))

test('the first administrator, from the code in the log to the page of users', async () => {
  const { context, page, wrong } = await visitor(chrome, site, { width: 320 })
  await page.goto(site.at + '/')
  assert.equal(new URL(page.url()).pathname, '/setup')
  await clean(page, wrong, 'set up')
  await button(page, 'Continue').click()
  assert.match(await page.locator('.nhsuk-error-summary').innerText(),
    /Enter the one-time code[\s\S]*Enter your name[\s\S]*Enter your email address/)
  forget(wrong)
  await clean(page, wrong, 'set up with errors')
  await page.fill('#code', site.said().match(/one-time code: (\S+)/)[1])
  await page.fill('#name', 'Ada Administrator')
  await page.fill('#email', 'ada@northshire.example')
  await button(page, 'Continue').click()
  await clean(page, wrong, 'choose a password')
  await page.fill('#password', 'password1234')
  await button(page, 'Save password').click()
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /easy to guess/)
  forget(wrong)
  await page.fill('#password', password)
  await button(page, 'Save password').click()
  assert.match(await page.locator('.nhsuk-notification-banner').innerText(), /Your password is set/)
  await clean(page, wrong, 'sign in')

  await page.fill('#email', 'ada@northshire.example')
  await enter(page, '#password', 'another password')
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Email address or password is incorrect/)
  forget(wrong)
  await enter(page, '#password', password)
  await page.waitForURL(/\/sign-in\/set-up$/)
  await clean(page, wrong, 'set up the code')
  const secret = await page.locator('#secret').innerText()
  await page.goto(site.at + '/admin/users')
  assert.equal(new URL(page.url()).pathname, '/sign-in/set-up', 'a password alone opened a page')
  const again = await page.locator('#secret').innerText()
  assert.notEqual(again, secret)
  await page.fill('#code', digits(again))
  await button(page, 'Continue').click()
  const recovery = await page.locator('#recovery code').allInnerTexts()
  assert.equal(recovery.length, 10)
  await clean(page, wrong, 'recovery codes')
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.waitForURL(/\/admin\/users$/)
  await clean(page, wrong, 'users')
  assert.match(await page.locator('.nhsuk-header__account').innerText(), /Ada Administrator, Administrator/)

  // In the hand the account opens from its sign.
  await page.locator('summary', { hasText: 'Account and sign out' }).click()
  await button(page, 'Sign out').click()
  assert.equal(await page.locator('h1').innerText(), 'You are signed out')
  await clean(page, wrong, 'signed out')
  await page.goBack()
  await page.goto(site.at + '/admin/users')
  assert.equal(new URL(page.url()).pathname, '/sign-in', 'the page opened after signing out')

  await page.fill('#email', 'ada@northshire.example')
  await enter(page, '#password', password)
  await page.waitForURL(/\/sign-in\/code$/)
  await clean(page, wrong, 'enter the code')
  await page.fill('#code', '000000')
  await button(page, 'Continue').click()
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /That code is incorrect or has expired/)
  forget(wrong)
  await page.fill('#code', recovery[0])
  await button(page, 'Continue').click()
  await page.waitForURL(/\/admin\/users$/)
  await context.close()
})

test('without scripts, a person with two roles signs in, chooses one and comes to the page that was asked for', async () => {
  const said = await run('user', 'add', 'cora@northshire.example', '--data', data.dir, '--role', 'coordinator', '--for', 'RZ1', '--name',
    'Cora')
  await run('user', 'grant', 'cora@northshire.example', '--data', data.dir, '--role', 'viewer')
  const { context, page, wrong } = await visitor(chrome, site, { script: false, width: 320 })
  await page.goto(site.at + said.match(/\/choose-password\/\S+/)[0])
  await page.fill('#password', password)
  await button(page, 'Save password').click()
  await page.goto(site.at + '/figures?last=3m')
  assert.equal(new URL(page.url()).searchParams.get('next'), '/figures?last=3m')
  await page.fill('#email', ' Cora@Northshire.example ')
  await page.fill('#password', password)
  await button(page, 'Sign in').click()
  await page.fill('#code', digits(await page.locator('#secret').innerText()))
  await button(page, 'Continue').click()
  await page.getByText('I have kept them').click()
  assert.equal(await page.locator('h1').innerText(), 'Choose a role')
  await sound(page, wrong, 'choose a role')
  await page.getByLabel('Viewer').check()
  await button(page, 'Act in this role').click()
  assert.equal(page.url(), site.at + '/figures?last=3m')
  assert.match(await page.locator('.nhsuk-header__account').innerText(), /Cora, Viewer/)
  const refused = await page.goto(site.at + '/admin/users')
  assert.equal(refused.status(), 403)
  assert.match(await page.locator('main').innerText(), /Your role is Viewer/)
  forget(wrong)
  await page.goto(site.at + '/account')
  await sound(page, wrong, 'account')
  await button(page, 'Sign out everywhere').click()
  assert.equal(await page.locator('h1').innerText(), 'You are signed out')
  await context.close()
})

test('an administrator adds a user, makes a screen link and takes a role away; the screen shows the call and no more', async () => {
  const said = await run('user', 'add', 'amal@northshire.example', '--data', data.dir, '--role', 'administrator', '--name', 'Amal')
  const { context, page, wrong } = await visitor(chrome, site, { width: 320 })
  await page.goto(site.at + said.match(/\/choose-password\/\S+/)[0])
  await page.fill('#password', password)
  await button(page, 'Save password').click()
  await page.fill('#email', 'amal@northshire.example')
  await enter(page, '#password', password)
  await enter(page, '#code', digits(await page.locator('#secret').innerText()))
  await page.getByRole('button', { name: 'I have kept them' }).click()

  await page.getByRole('link', { name: 'Add a user' }).click()
  await page.fill('#name', 'Rita Reviewer')
  await page.fill('#email', 'rita@northshire.example')
  await page.selectOption('#role', 'reviewer')
  await button(page, 'Add user').click()
  assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Name at least one/)
  forget(wrong)
  await clean(page, wrong, 'add a user, with an error')
  assert.equal(await page.inputValue('#name'), 'Rita Reviewer', 'what was typed is gone')
  await page.getByLabel('Northshire County Council').check()
  await button(page, 'Add user').click()
  assert.match(await page.locator('#once').innerText(), /^http:\/\/127\.0\.0\.1:\d+\/choose-password\/hw_/)
  await clean(page, wrong, 'a link shown once')
  await page.getByRole('link', { name: 'I have copied it' }).click()
  await clean(page, wrong, 'the users')
  await page.getByRole('link', { name: 'Rita Reviewer' }).click()
  await clean(page, wrong, 'a user')
  await page.getByRole('button', { name: /^Take away/ }).click()
  assert.match(await page.locator('h1').innerText(), /Take a role from Rita Reviewer/)
  await clean(page, wrong, 'asked once more')
  await button(page, 'Continue anyway').click()
  assert.match(await page.locator('main').innerText(), /The role was taken from Rita Reviewer[\s\S]*No role yet/)

  await page.goto(site.at + '/admin/tokens')
  await page.fill('#label', 'Board room')
  await page.getByLabel(/^Screen link/).check()
  await button(page, 'Make token').click()
  const link = await page.locator('#once').innerText()
  await clean(page, wrong, 'a screen link shown once')
  const projector = await visitor(chrome, site, { width: 1280 })
  await projector.page.goto(link)
  await clean(projector.page, projector.wrong, 'the screen asks')
  await button(projector.page, 'Show the call').click()
  assert.doesNotMatch(projector.page.url(), /hw_/, 'the link stays in the address')
  assert.equal((await projector.page.goto(site.at + '/days')).status(), 403)
  await page.goto(site.at + '/admin/tokens')
  await page.getByRole('button', { name: /^Revoke/ }).click()
  await button(page, 'Continue anyway').click()
  assert.match(await page.locator('#tokens').innerText(), /Revoked/)
  await projector.page.goto(site.at + '/packs')
  assert.equal(new URL(projector.page.url()).pathname, '/sign-in', 'a revoked link still shows')
  await page.goto(site.at + '/admin/audit')
  for (const what of ['Token revoked', 'Token made', 'Role revoked', 'Person added']) assert
    .ok((await page.locator('#audit').innerText()).includes(what), what)
  await clean(page, wrong, 'the audit log')
  await projector.context.close()
  await context.close()
})

// A free port of this machine.
function free () {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

// The provider of package signin's tests: oidc-provider, certified by the
// OpenID Foundation, in a process of its own.
const provided = existsSync(path.join(root, 'node_modules', 'oidc-provider'))

test('with a work account, through a real OpenID provider, to the page that was asked for',
  { skip: !provided && !process.env.CI && 'node_modules/oidc-provider is not there' }, async () => {
  const port = await free()
  const at = `http://127.0.0.1:${port}`
  const setup = {
    client_id: 'homeward', client_secret: 'a secret of the tests', redirect: `${at}/sign-in/work/back`, claims_at_userinfo_only: false,
    people: {
      rita: { email: 'rita@council.example', email_verified: true, name: 'Rita Reviewer', groups: ['HW-Council'] },
      stranger: { email: 'stranger@elsewhere.example', email_verified: true, name: 'A Stranger', groups: ['Others'] }
    }
  }
  const provider = spawn('node', [path.join(root, 'internal', 'signin', 'journey', 'testdata', 'provider.mjs'), JSON.stringify(setup)],
    { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] })
  const issuer = (await new Promise((resolve) => provider.stdout.once('data', resolve))).toString().trim()
  const own = folder()
  cpSync(path.join(root, 'data', 'examples', 'northshire'), own.dir, { recursive: true })
  const secret = path.join(own.dir, 'client-secret')
  writeFileSync(secret, setup.client_secret)
  appendFileSync(path.join(own.dir, 'partnership.yaml'), `
sign_in:
  help: Sam on 01234 567890
  work_account:
    issuer: ${issuer}
    client_id: homeward
    client_secret_file: ${secret}
    address: ${at}
    roles:
      - {claim: groups, value: HW-Council, role: reviewer, organisations: [E10000099]}
`)
  await run('user', 'add', 'ada@northshire.example', '--data', own.dir, '--role', 'administrator')
  const served = await serve('serve', '--data', own.dir, '--listen', `127.0.0.1:${port}`)
  try {
    for (const [login, script] of [['rita', true], ['stranger', false]]) {
      const context = await chrome.newContext({ javaScriptEnabled: script })
      const page = await context.newPage()
      await page.goto(`${at}/figures?last=3m`)
      assert.equal(await page.locator('h1').innerText(), 'Sign in')
      await page.getByRole('button', { name: 'Continue with your work account' }).click()
      await page.waitForURL((url) => url.origin === issuer || url.href.startsWith(issuer))
      await page.fill('input[name=login]', login)
      await page.fill('input[name=password]', 'any')
      for (let i = 0; i < 3 && !page.url().startsWith(at); i++) {
        const before = page.url()
        await page.locator('form button[type=submit]').first().click()
        await page.waitForURL((url) => url.href !== before)
      }
      await page.waitForURL((url) => url.href.startsWith(at))
      if (login === 'rita') {
        assert.equal(page.url(), `${at}/figures?last=3m`)
        assert.match(await page.locator('.nhsuk-header__account').innerText(), /Rita Reviewer, Reviewer, Northshire County Council/)
        await page.goto(`${at}/account`)
        assert.equal(await page.locator('#old').count(), 0, 'a work account has a password here')
      } else {
        assert.match(await page.locator('.nhsuk-error-summary').innerText(), /Your work account gives you no role here. Ask Sam/)
        await page.goto(`${at}/figures`)
        assert.equal(new URL(page.url()).pathname, '/sign-in')
      }
      await context.close()
    }
  } finally {
    await served.stop()
    provider.stdin.end()
    own.remove()
  }
})
