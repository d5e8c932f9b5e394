// Programs that can be changed and run where they are read.
import { createEditor } from "./editor.js";
import { Python } from "./python.js";

const BLANK = "___";
const NOT_KEPT = "This browser keeps nothing for this site, so your changes are lost when you leave the page.";
const python = new Python();

/** What readers changed, kept by their browser: nothing is sent anywhere. */
const kept = {
  read(name) {
    try {
      return localStorage.getItem(`worked-example ${name}`);
    } catch {
      return null;
    }
  },
  /** Keep a text, or forget it if it is null; return whether the browser could. */
  write(name, text) {
    try {
      if (text === null) localStorage.removeItem(`worked-example ${name}`);
      else localStorage.setItem(`worked-example ${name}`, text);
      return true;
    } catch {
      return text === null;
    }
  },
};

/** Say how an output differs from the expected one, or return "" if it does not. Spaces at line ends do not count. */
function difference(output, expected) {
  const [got, wanted] = [output, expected].map((text) => text.trimEnd().split(/[ \t]*\n/));
  const at = wanted.findIndex((line, number) => line !== got[number]);
  if (at >= 0) {
    const line = at < got.length ? `got “${got[at]}”` : "your output ends before it";
    return `Line ${at + 1} of the output: expected “${wanted[at]}”, ${line}.`;
  }
  return got.length > wanted.length ? `Your output has ${got.length} lines, expected ${wanted.length}.` : "";
}

function element(kind, className, text) {
  const made = document.createElement(kind);
  made.className = className;
  made.textContent = text;
  return made;
}

class Example {
  constructor(root) {
    const find = (selector) => root.querySelector(selector);
    [this.name, this.title] = [root.dataset.name, root.dataset.title];
    [this.result, this.state] = [find(".result"), find(".example-state")];
    [this.runButton, this.stopButton, this.resetButton] = [find(".run"), find(".stop"), find(".reset")];
    const known = find("script");
    this.known = known && JSON.parse(known.textContent); // of a "your turn": the expected output, and wrong ones
    this.edit(find("pre"));
    this.runButton.onclick = () => this.run();
    this.stopButton.onclick = () => python.stop();
    this.resetButton.onclick = () => this.reset();
    this.stopButton.disabled = true;
    find(".example-tools").classList.add("ready");
  }

  edit(block) {
    this.original = block.textContent.trimEnd();
    const text = kept.read(this.name) ?? this.original;
    const place = element("div", "editor", "");
    block.closest("[class*=highlight-]").replaceWith(place);
    this.editor = createEditor(place, text, {
      label: `Program: ${this.title}`,
      describedBy: "example-keys",
      onRun: () => this.run(),
      onChange: (changed) => this.keep(changed),
    });
    this.resetButton.disabled = text === this.original;
    if (text !== this.original) this.tell("This is your version, which this browser has kept.");
  }

  keep(text) {
    const isOriginal = text === this.original;
    this.resetButton.disabled = isOriginal;
    if (!kept.write(this.name, isOriginal ? null : text)) this.tell(NOT_KEPT);
  }

  reset() {
    this.editor.replace(this.original);
    this.editor.focus(); // the button that had the focus is disabled now
    this.tell("The first text is back. Undo brings yours back.");
  }

  async run() {
    if (this.runButton.disabled) return;
    const code = this.editor.text();
    if (this.known && code.includes(BLANK)) return this.showBlank(code);
    const output = this.clear();
    this.setRunning(true);
    const ended = await python.run(code, (state) => this.tell(state), (text) => (output.textContent += text));
    this.setRunning(false);
    this.show(ended, output);
  }

  setRunning(isRunning) {
    const hadFocus = [this.runButton, this.stopButton].includes(document.activeElement);
    [this.runButton.disabled, this.stopButton.disabled] = [isRunning, !isRunning];
    if (hadFocus) (isRunning ? this.stopButton : this.runButton).focus();
  }

  clear() {
    const output = element("pre", "output", "");
    output.tabIndex = 0;
    output.setAttribute("role", "group");
    output.setAttribute("aria-label", `Output: ${this.title}`);
    this.result.replaceChildren(element("p", "output-name", this.known ? "Your output" : "Output"), output);
    return output;
  }

  show({ end, text, seconds }, output) {
    if (end === "done") this.tell(seconds < 1 ? `Ran in ${Math.ceil(1000 * seconds)} ms.` : `Ran in ${seconds.toFixed(1)} s.`);
    if (end === "stopped") this.tell("Stopped. Python starts anew at the next run.");
    if (end === "failed") this.tell(text);
    if (end === "done" && text) this.result.append(element("pre", "error", text));
    if (end === "done" && !text && this.known) this.judge(output.textContent);
    if (!output.textContent) output.remove();
  }

  judge(output) {
    const { expected, wrong } = this.known;
    const differs = difference(output, expected);
    const [, why] = wrong.find(([printed]) => !difference(output, printed)) ?? ["", ""];
    if (differs) this.verdict(false, ["Not yet.", why, differs].filter(Boolean).join(" "));
    else this.verdict(true, "Right: this is the expected output.");
  }

  verdict(isRight, text) {
    this.result.prepend(element("p", `verdict ${isRight ? "right" : "wrong"}`, `${isRight ? "✓" : "✗"} ${text}`));
  }

  showBlank(code) {
    this.result.replaceChildren();
    const line = code.slice(0, code.indexOf(BLANK)).split("\n").length;
    this.verdict(false, `Line ${line} still has a blank, ${BLANK}: replace it by what belongs there.`);
    this.tell("");
  }

  tell(text) {
    this.state.textContent = text;
  }
}

// Editors are made a little before they come into view: forty at once would keep the page busy.
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
      observer.unobserve(target);
      new Example(target);
    }
  },
  { rootMargin: "100% 0px" },
);
for (const root of document.querySelectorAll(".worked-example")) observer.observe(root);
