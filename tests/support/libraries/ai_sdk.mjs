// What a program with the AI SDK is answered on all three wires, as one line of JSON.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { generateObject, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const { OPENAI_BASE, ANTHROPIC_BASE, KEY, RESPONSES_MODEL, CHAT_MODEL, MESSAGES_MODEL } = process.env;
const openai = createOpenAI({ baseURL: OPENAI_BASE, apiKey: KEY });
const anthropic = createAnthropic({ baseURL: ANTHROPIC_BASE, apiKey: KEY });
const prompt = 'Is it out?';
const look = tool({
  description: 'Looks.',
  inputSchema: z.object({ q: z.string() }),
  execute: async ({ q }) => `42 of ${q}`,
});
const KINDS = {
  responses: [
    openai.responses(RESPONSES_MODEL),
    { openai: { reasoningEffort: 'low', reasoningSummary: 'auto' } },
  ],
  chat: [openai.chat(CHAT_MODEL), {}],
  anthropic: [
    anthropic(MESSAGES_MODEL),
    { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } },
  ],
};

// Three turns of which each gets what the one before has answered, tools in the last.
async function turns(model, providerOptions) {
  const messages = [];
  const told = [];
  for (const [content, more] of [
    ['Is it out?', {}],
    ['And now?', {}],
    ['And then?', { tools: { look }, stopWhen: stepCountIs(3) }],
  ]) {
    messages.push({ role: 'user', content });
    const turn = await generateText({ model, messages, providerOptions, maxRetries: 0, ...more });
    messages.push(...turn.response.messages);
    told.push([turn.text, turn.reasoningText, turn.steps.length]);
  }
  return told;
}

const CHECKS = {
  text: async (model) => {
    const { text, finishReason } = await generateText({ model, prompt, maxRetries: 0 });
    return [text, finishReason];
  },
  stream: async (model) => {
    const { textStream, finishReason } = streamText({ model, prompt, maxRetries: 0 });
    const pieces = [];
    for await (const piece of textStream) pieces.push(piece);
    return [pieces.join(''), await finishReason];
  },
  object: async (model) => {
    const schema = z.object({ city: z.string(), people: z.number().int() });
    return (await generateObject({ model, schema, prompt, maxRetries: 0 })).object;
  },
  tools: async (model) => {
    const asked = { model, prompt, tools: { look }, stopWhen: stepCountIs(4), maxRetries: 0 };
    const { text, steps } = await generateText(asked);
    return [text, steps.map((step) => step.finishReason)];
  },
  'tools in a stream': async (model) => {
    const asked = { model, prompt, tools: { look }, stopWhen: stepCountIs(4), maxRetries: 0 };
    const made = streamText(asked);
    const kinds = [];
    for await (const part of made.fullStream) {
      if (part.type !== kinds.at(-1)) kinds.push(part.type);
    }
    return [await made.text, (await made.steps).length, kinds];
  },
  'more turns': async (model) => turns(model, {}),
  'more turns with thinking': turns,
};

const told = {};
for (const [kind, [model, options]] of Object.entries(KINDS)) {
  for (const [check, run] of Object.entries(CHECKS)) {
    try {
      told[`${kind}: ${check}`] = await run(model, options);
    } catch (error) {
      told[`${kind}: ${check}`] = `failed: ${error.statusCode ?? ''} ${error.message}`;
    }
  }
}
console.log(JSON.stringify(told));
