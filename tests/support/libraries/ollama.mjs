// What a program with Ollama's library is answered, as one line of JSON.
import { Ollama } from 'ollama';

const { HOST, KEY, MODEL } = process.env;
const client = new Ollama({ host: HOST, headers: { Authorization: `Bearer ${KEY}` } });
const messages = [{ role: 'user', content: 'How does a hash table work?' }];

const names = (await client.list()).models.map((one) => one.model);
const { capabilities } = await client.show({ model: MODEL });
const whole = await client.chat({ model: MODEL, messages });
const pieces = [];
for await (const piece of await client.chat({ model: MODEL, messages, stream: true })) {
  pieces.push(piece);
}
const { response } = await client.generate({ model: MODEL, prompt: messages[0].content });
console.log(
  JSON.stringify({
    names,
    capabilities,
    whole: whole.message.content,
    streamed: pieces.map((one) => one.message.content).join(''),
    done: pieces.at(-1).done,
    response,
  }),
);
