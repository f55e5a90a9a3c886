// Talks to the server: what an answer does arrives as one small object after another.

const keyName = "api-key";

export class AskError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function setKey(key) {
  sessionStorage.setItem(keyName, key);
}

export async function describe() {
  return (await send("GET")).json();
}

/** Gives the events of one answer; aborting the signal stops the model as well. */
export async function* ask(question, signal) {
  const response = await send("POST", question, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }

    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      if (block.startsWith("data: ")) {
        yield JSON.parse(block.slice("data: ".length));
      }
    }
  }
}

async function send(method, body, signal) {
  const key = sessionStorage.getItem(keyName);
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  if (body) {
    headers["Content-Type"] = "application/json";
  }

  const response = await fetch("chat", { method, headers, body: body && JSON.stringify(body), signal });
  if (!response.ok) {
    const error = await response.json().catch(() => null);
    throw new AskError(response.status, error?.error?.message ?? `The server answered with status ${response.status}.`);
  }

  return response;
}
