// The worker keeps the page fluid: it loads the network and answers one request after another.
"use strict";
importScripts("wasm_exec.js");

const file = "main.wasm.gz";

/** Read a file and tell how far it is. */
async function load() {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
  const total = Number(response.headers.get("Content-Length")) || 0;
  const reader = response.body.getReader();
  const chunks = [];
  let done = 0;
  for (;;) {
    const part = await reader.read();
    if (part.done) break;
    chunks.push(part.value);
    done += part.value.length;
    postMessage({ loaded: done, total });
  }
  const packed = chunks[0][0] === 0x1f && chunks[0][1] === 0x8b; // else the server has unpacked it
  let stream = new Blob(chunks).stream();
  if (packed) stream = stream.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": "application/wasm" } });
}

self.prospectReady = (error) => postMessage(error ? { error } : { ready: true });

self.onmessage = ({ data }) => {
  const answer = self.prospect(JSON.stringify(data.request));
  if (answer instanceof Error) postMessage({ id: data.id, error: answer.message });
  else postMessage({ id: data.id, answer: JSON.parse(answer) });
};

(async () => {
  try {
    const go = new Go();
    const response = await load();
    postMessage({ starting: true });
    const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
    await go.run(instance);
  } catch (e) {
    postMessage({ error: String(e.message || e) });
  }
})();
