// What every page shares: starting a sheet's scripts, speaking, remembering, the links in texts.
(() => {
  const starters = [];
  let sheet, closing;

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
  function storage(act, name, ...value) {
    try { return localStorage[act](`attune.${name}`, ...value); } catch { return null; }
  }

  window.attune = {
    onSheet: (begin) => starters.push(begin),
    fill: (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]),
    recall: (name, otherwise) => storage("getItem", name) ?? otherwise,
    remember: (name, value) => storage("setItem", name, value),
    forget: (name) => storage("removeItem", name),
    say(text) {
      const live = document.getElementById("live");
      live.textContent = live.textContent === text ? `${text}\u00a0` : text;
    },
  };

  // A link in a text leads nowhere before its whole address was seen.
  const link = document.querySelector("#link-dialog a");
  function follow(event) {
    const href = event.target.closest(".prose a")?.dataset.address;
    if (event.target.matches("[data-open-link]")) link.click();
    if (!href) return;
    event.preventDefault();
    Object.assign(link, { href, textContent: href });
    link.closest("dialog").showModal();
  }
  for (const event of ["click", "auxclick"]) document.addEventListener(event, follow);

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);
})();
