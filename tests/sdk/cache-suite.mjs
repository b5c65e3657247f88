// The public suite for HTTP caches (https://github.com/http-tests/cache-tests), as its npm package http-cache-tests or as a checkout of its repository.
//   node cache-suite.mjs serve FOLDER          its origin, on a free port, which is printed
//   node cache-suite.mjs run FOLDER URL [ID]   its tests against a cache in front of that origin: one line of JSON each
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const [, , verb, given, base, only] = process.argv
const root = path.resolve(given === 'npm' ? 'node_modules/http-cache-tests' : given)
// The repository has moved its engine since the package was made.
const engine = fs.existsSync(path.join(root, 'test-engine')) ? path.join(root, 'test-engine') : root
const load = (...file) => import(pathToFileURL(path.join(...file)))

if (verb === 'serve') await serve()
else await run()

async function serve () {
  const handlers = {}
  for (const name of ['config', 'test', 'state']) handlers[name] = (await load(engine, 'server', `handle-${name}.mjs`)).default
  const server = http.createServer((request, response) => {
    const [, name, ...rest] = new URL(request.url, 'http://localhost/').pathname.split('/')
    const handler = handlers[name]
    if (handler) return handler(rest, request, response)
    response.writeHead(404)
    response.end()
  })
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
  // Whoever started it has gone.
  process.stdin.resume().on('end', () => process.exit(0))
}

async function run () {
  const suites = (await load(root, 'tests', 'index.mjs')).default
  const { runTests, getResults } = await load(engine, 'client', 'runner.mjs')
  const chosen = only ? suites.map(suite => ({ ...suite, tests: suite.tests.filter(test => test.id === only) })) : suites
  // The older engine is made for the client that the package names: the built-in one adds Cache-Control of its own.
  if (engine === root) await runTests(chosen, (await import('node-fetch')).default, false, base, 25)
  else await runTests(chosen, false, base)
  const results = getResults()
  const tests = new Map(suites.flatMap(suite => suite.tests).map(test => [test.id, test]))
  const passed = id => results[id] === true && (tests.get(id)?.depends_on ?? []).every(passed)
  for (const [id, result] of Object.entries(results)) {
    const detail = result === true ? (passed(id) ? '' : 'depends on a test that failed') : result.join(': ')
    console.log(JSON.stringify({ id, kind: tests.get(id)?.kind ?? 'required', ok: only ? result === true : passed(id), detail }))
  }

  process.exit(0)
}
