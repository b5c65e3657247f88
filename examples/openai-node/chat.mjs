// The npm SDK `openai` through the gateway: a whole answer, a stream, and an error.
//
//   ./gateway                                                            (in one terminal)
//   npm install --prefix examples/openai-node --no-save openai@6.49.0    (in another, once; needs Node.js 20)
//   GATEWAY_KEY=$(cat .gateway/demo-key) node examples/openai-node/chat.mjs
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: 'http://127.0.0.1:8080/v1', apiKey: process.env.GATEWAY_KEY });
const messages = [{ role: 'user', content: 'Hello from the openai SDK!' }];

const completion = await client.chat.completions.create({ model: 'fake-chat', messages });
console.log('whole: ', completion.choices[0].message.content);

process.stdout.write('stream: ');
for await (const chunk of await client.chat.completions.create({ model: 'fake-chat', messages, stream: true })) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
}
console.log();

try {
  await client.chat.completions.create({ model: 'no-such-model', messages });
} catch (error) {
  console.log('error: ', error.status, error.code, error.requestID);
}
