// Answers POST /api/v1/validate as csaf-validator-service does, with the tests of
// csaf-validator-lib: csaf_checker and csaf_downloader ask it with --validator.
//   node serve.js ADDRESS PORT   # then: a line "serving"
import { createServer } from 'node:http'
import * as basic from '@secvisogram/csaf-validator-lib/basic.js'
import * as mandatory from '@secvisogram/csaf-validator-lib/mandatoryTests.js'
import * as schema from '@secvisogram/csaf-validator-lib/schemaTests.js'
import validate from '@secvisogram/csaf-validator-lib/validate.js'

const presets = { basic, mandatory, schema }
const bytesMax = 16 << 20

const server = createServer(async (request, response) => {
  try {
    let text = ''
    for await (const part of request.setEncoding('utf8')) {
      text += part
      if (text.length > bytesMax) throw new Error('too long')
    }
    const { document, tests } = JSON.parse(text)
    const wanted = tests.flatMap((t) => Object.values(presets[t.name]))
    const result = await validate(wanted, document)
    for (const t of result.tests.filter((t) => !t.isValid)) {
      console.log('invalid', document.document.tracking.id, t.name, JSON.stringify(t.errors))
    }
    console.log('validated', document.document.tracking.id, wanted.length, 'tests', result.isValid)
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(result))
  } catch (error) {
    console.log('error', error.message)
    response.statusCode = 400
    response.end()
  }
})
server.listen(Number(process.argv[3]), process.argv[2], () => console.log('serving'))
