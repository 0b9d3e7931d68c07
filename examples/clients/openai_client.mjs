// OpenAI's Node library against the endpoint.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: (process.env.EDGEROUTE_URL ?? "http://127.0.0.1:8377") + "/v1",
  apiKey: process.env.EDGEROUTE_TOKEN,
});
const prompt = process.argv[2] ?? "Explain how a hash table works.";
const { data, response } = await client.chat.completions
  .create({ model: "auto", messages: [{ role: "user", content: prompt }] })
  .withResponse();
console.error(response.headers.get("x-edgeroute-route"), response.headers.get("x-edgeroute-reason"));
console.log(data.choices[0].message.content);
