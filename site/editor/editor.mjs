// The editor of the worked examples: CodeMirror with what a short Python program needs, and nothing else.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/**
 * Make an editor.
 * @param {Element} place - where it goes.
 * @param {string} text - what it holds at first.
 * @param {Object} about - `label` and `describedBy` for screen readers; `onRun` is called for Shift+Enter,
 *   `onChange` with the text after each change.
 * @returns {{text: function(): string, replace: function(string): void, focus: function(): void}}
 */
export function createEditor(place, text, { label, describedBy, onRun, onChange }) {
  const run = () => (onRun(), true);
  const view = new EditorView({
    parent: place,
    doc: text,
    extensions: [
      keymap.of([{ key: "Shift-Enter", run }, { key: "Mod-Enter", run }]), // before Enter of the default keys
      keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
      history(),
      lineNumbers(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      indentOnInput(),
      bracketMatching(),
      pythonLanguage,
      syntaxHighlighting(classHighlighter),
      EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": describedBy, tabindex: "0" }),
      EditorView.updateListener.of((update) => update.docChanged && onChange(update.state.doc.toString())),
    ],
  });
  return {
    text: () => view.state.doc.toString(),
    replace: (insert) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } }),
    focus: () => view.focus(),
  };
}
