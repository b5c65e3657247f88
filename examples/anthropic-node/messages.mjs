// The npm SDK `@anthropic-ai/sdk` through the gateway: a whole answer, a stream, and an error.
//
//   ./gateway                                                                         (in one terminal)
//   npm install --prefix examples/anthropic-node --no-save @anthropic-ai/sdk@1.12.0   (in another, once; needs Node.js 20)
//   GATEWAY_KEY=$(cat .gateway/demo-key) node examples/anthropic-node/messages.mjs
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: 'http://127.0.0.1:8080', apiKey: process.env.GATEWAY_KEY });
const request = { model: 'fake-chat', max_tokens: 200, messages: [{ role: 'user', content: 'Hello from the Anthropic SDK!' }] };

const message = await client.messages.create(request);
console.log('whole: ', message.content[0].text);

process.stdout.write('stream: ');
const stream = client.messages.stream(request);
stream.on('text', text => process.stdout.write(text));
await stream.finalMessage();
console.log();

try {
  await client.messages.create({ ...request, model: 'no-such-model' });
} catch (error) {
  console.log('error: ', error.status, error.error.error.type, error.requestID);
}
