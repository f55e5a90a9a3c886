// Builds what is seen. Text of the model, of tools and of documents goes in as text nodes only, never as HTML.

/** An element with a class, text or children, and properties. */
export function make(tag, { className, text, ...properties } = {}, ...children) {
  const element = document.createElement(tag);
  if (className) {
    element.className = className;
  }

  if (text !== undefined) {
    element.textContent = text;
  }

  Object.assign(element, properties);
  element.append(...children);
  return element;
}

/** One message in the log, which grows while the events of an answer arrive. */
export class MessageView {
  constructor(role, number) {
    this.number = number;
    this.text = "";
    const who = role === "user" ? "You" : "Gemma";
    this.element = make("article", { className: `message ${role}`, ariaLabel: who }, make("span", { className: "who", text: who, ariaHidden: "true" }));
    this.cards = new Map();
  }

  begin() {
    this.element.setAttribute("aria-busy", "true");
  }

  end() {
    this.element.removeAttribute("aria-busy");
    for (const card of this.cards.values()) {
      card.settle("not finished");
    }
  }

  addText(text) {
    this.text += text;
    if (!this.paragraph) {
      this.paragraph = make("div", { className: "text" });
      this.element.append(this.paragraph);
    }

    this.paragraph.append(text);
  }

  addThought(text) {
    if (!this.thought) {
      this.thought = make("div", { className: "text" });
      this.element.append(make("details", {}, make("summary", { text: "Thoughts" }), this.thought));
    }

    this.thought.append(text);
  }

  addCall(call) {
    const card = new CallCard(call);
    this.cards.set(call.id, card);
    this.element.append(card.element);

    // What is said after a tool ran stands below its card.
    this.paragraph = undefined;
    this.thought = undefined;
  }

  addResult(result) {
    const card = this.cards.get(result.id);
    this.cards.delete(result.id);
    card?.finish(result);
  }

  addSources({ sources, unsupported }) {
    const list = make("ol", { className: "sources", ariaLabel: "Sources" });
    for (const source of sources) {
      const label = `[${source.number}] ${source.heading ?? source.document}${source.cited ? "" : " (not cited)"}`;
      list.append(make("li", { className: source.cited ? "cited" : "", id: this.#sourceId(source.number) },
        make("details", {}, make("summary", { text: label }), make("div", { className: "text", text: source.text }))));
    }

    this.element.append(list);
    if (unsupported > 0) {
      this.addNotice("Part of this answer is not backed by the sources it names.");
    }

    this.#linkMarks(sources.length);
  }

  addNotice(text, className = "notice") {
    this.element.append(make("p", { className, text }));
  }

  addError(text) {
    this.addNotice(text, "notice error");
  }

  #sourceId(number) {
    return `source-${this.number}-${number}`;
  }

  // Turns [1] into a link to source 1, by splitting the text: no HTML is made of it.
  #linkMarks(count) {
    const paragraph = this.paragraph;
    if (!paragraph) {
      return;
    }

    const pieces = paragraph.textContent.split(/(\[\d+\])/);
    paragraph.replaceChildren(...pieces.map(piece => {
      const number = Number(/^\[(\d+)\]$/.exec(piece)?.[1] ?? 0);
      return number >= 1 && number <= count
        ? make("a", { text: piece, href: `#${this.#sourceId(number)}`, ariaLabel: `Source ${number}` })
        : piece;
    }));
  }
}

/** What the model asked a tool to do, and what came of it. */
class CallCard {
  constructor({ name, arguments: given }) {
    this.state = make("span", { className: "state", text: "running…" });
    const list = make("dl");
    for (const [key, value] of Object.entries(given ?? {})) {
      list.append(make("dt", { text: key }), make("dd", { text: typeof value === "string" ? value : JSON.stringify(value) }));
    }

    this.element = make("section", { className: "card", ariaLabel: `Tool ${name}` },
      make("h2", {}, make("code", { text: name }), this.state), list);
  }

  finish({ text, failed }) {
    this.settle(failed ? "failed" : "done");
    this.element.append(make("output", { text: text ?? "" }));
  }

  settle(state) {
    this.state.textContent = state;
  }
}
