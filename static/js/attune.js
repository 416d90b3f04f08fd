// What every page shares: starting a sheet's scripts, speaking to screen readers, remembering a choice.
(() => {
  const starters = [];
  let sheet = null;
  let closing = null;

  // A sheet that htmx puts in the place of another gets fresh scripts; the signal stops the old ones.
  function start() {
    const found = document.getElementById("sheet");
    if (found === sheet) return;
    closing?.abort();
    sheet = found;
    if (!sheet) return;
    closing = new AbortController();
    const { signal } = closing;
    const tools = {
      signal,
      form: sheet.querySelector("form.sheet"),
      words: sheet.dataset,
      on: (target, events, act, capture) => {
        for (const event of events.split(" ")) target.addEventListener(event, act, { signal, capture });
      },
      alter: (field) => field.dispatchEvent(new Event("change", { bubbles: true })),
      find: (selector) => sheet.querySelector(selector),
      all: (selector, area = sheet) => [...area.querySelectorAll(selector)],
    };
    sheet.attune = {}; // what the scripts of one sheet ask of each other
    document.title = sheet.dataset.title;
    for (const begin of starters) begin(sheet, tools);
  }

  // Private windows may refuse.
  function storage(act) {
    try { return act(localStorage); } catch { return null; }
  }

  window.attune = {
    onSheet: (begin) => starters.push(begin),
    fill: (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole),
    recall: (name, otherwise) => storage((kept) => kept.getItem(`attune.${name}`)) ?? otherwise,
    remember: (name, value) => storage((kept) => kept.setItem(`attune.${name}`, value)),
    forget: (name) => storage((kept) => kept.removeItem(`attune.${name}`)),
    say(text) {
      const live = document.getElementById("live");
      live.textContent = live.textContent === text ? `${text}\u00a0` : text;
    },
  };

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);
})();
