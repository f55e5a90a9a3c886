// The conversation: sends what is typed, shows what comes back, and keeps both for the next question.
import { AskError, ask, describe, setKey } from "./stream.js";
import { MessageView } from "./view.js";

const at = id => document.getElementById(id);
const form = at("form");
const question = at("question");
const log = at("log");

/** What was said so far, as text: the server keeps nothing. */
let history = [];
let running = null;
let shown = 0;
let contextTokens = 0;

function say(text) {
  at("status").textContent = text;
}

function show(role) {
  const view = new MessageView(role, ++shown);
  at("welcome").hidden = true;
  log.append(view.element);
  return view;
}

function scrollDown() {
  const main = log.parentElement;
  main.scrollTop = main.scrollHeight;
}

function setRunning(controller) {
  running = controller;
  at("send").hidden = controller !== null;
  at("stop").hidden = controller === null;
}

function showUsage({ input, output, cached, thoughts }) {
  const used = input + output;
  at("context").value = used;
  at("tokens").textContent = `${used} of ${contextTokens} tokens, ${cached} from cache${thoughts > 0 ? `, ${thoughts} of thought` : ""}`;
}

/** Shows one event in the answer; gives the reason when it is the end. */
function apply(view, event) {
  switch (event.type) {
    case "text":
      view.addText(event.text);
      break;
    case "thought":
      view.addThought(event.text);
      break;
    case "call":
      view.addCall(event);
      say(`Tool ${event.name} runs`);
      break;
    case "result":
      view.addResult(event);
      break;
    case "sources":
      view.addSources(event);
      break;
    case "safety":
      view.addNotice(`Stopped by the safety policy: ${event.rule} (${event.stage?.toLowerCase()})`);
      break;
    case "usage":
      showUsage(event);
      break;
    case "error":
      view.addError(event.message);
      break;
    case "finish":
      return event.reason;
  }

  return null;
}

async function answer() {
  const view = show("assistant");
  const controller = new AbortController();
  view.begin();
  setRunning(controller);
  say("Gemma is answering");
  let finish = null;
  try {
    const request = { messages: history, tools: at("tools").checked, documents: at("documents").checked, think: at("think").checked };
    for await (const event of ask(request, controller.signal)) {
      finish = apply(view, event) ?? finish;
      scrollDown();
    }

    if (finish === "length") {
      view.addNotice("The answer was cut off: the context is full.");
    }

    say(`Gemma answered: ${view.text}`);
  } catch (error) {
    if (controller.signal.aborted) {
      view.addNotice("Stopped.");
      say("Stopped");
    } else {
      view.addError(error.message);
      say(`Failed: ${error.message}`);
      if (error instanceof AskError && error.status === 401) {
        at("key-dialog").showModal();
      }
    }
  } finally {
    view.end();
    setRunning(null);
    scrollDown();
  }

  // A refused question is not part of what the model is told next time.
  if (view.text.length > 0 && finish !== "content_filter") {
    history.push({ role: "assistant", text: view.text });
  } else {
    history.pop();
  }
}

function send(text) {
  if (running || text.trim().length === 0) {
    return;
  }

  question.value = "";
  show("user").addText(text);
  history.push({ role: "user", text });
  scrollDown();
  answer();

  // The button that was pressed is gone now, and would take the focus with it.
  question.focus();
}

form.addEventListener("submit", event => {
  event.preventDefault();
  send(question.value);
});

question.addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    running?.abort();
  }
});

at("stop").addEventListener("click", () => {
  running?.abort();
  question.focus();
});

at("fresh").addEventListener("click", () => {
  running?.abort();
  history = [];
  log.replaceChildren();
  at("welcome").hidden = false;
  at("context").value = 0;
  at("tokens").textContent = "no tokens yet";
  say("New chat");
  question.focus();
});

for (const idea of document.querySelectorAll(".idea")) {
  idea.addEventListener("click", () => {
    for (const name of ["tools", "documents", "think"]) {
      at(name).checked = name === idea.dataset.allow;
    }

    send(idea.textContent);
  });
}

at("theme").value = localStorage.getItem("theme") ?? "system";
at("theme").addEventListener("change", event => {
  const theme = event.target.value;
  localStorage.setItem("theme", theme);
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
});

at("key-dialog").addEventListener("close", () => {
  setKey(at("key").value);
  at("key").value = "";
  connect();
});

async function connect() {
  try {
    const { model, contextTokens: size } = await describe();
    contextTokens = size;
    at("model").textContent = model;
    at("context").max = size;
  } catch (error) {
    at("model").textContent = "not connected";
    if (error instanceof AskError && error.status === 401) {
      at("key-dialog").showModal();
    }
  }
}

await connect();
question.focus();
