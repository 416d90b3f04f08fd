// What every page shares: starting a sheet's scripts, speaking to screen readers, remembering a choice.
(() => {
  "use strict";
  const starters = [];
  let sheet = null;
  let closing = null;

  // A sheet that htmx put in the place of another gets fresh scripts; the old ones are stopped by their signal.
  function start() {
    const found = document.getElementById("sheet");
    if (found === sheet) return;
    closing?.abort();
    sheet = found;
    if (!sheet) return;
    closing = new AbortController();
    document.title = sheet.dataset.title;
    for (const begin of starters) begin(sheet, closing.signal);
  }

  window.attune = {
    onSheet: (begin) => starters.push(begin),

    say(text) {
      const live = document.getElementById("live");
      live.textContent = live.textContent === text ? `${text}\u00a0` : text;
    },

    fill: (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole),

    recall(name, otherwise) {
      try { return localStorage.getItem(`attune.${name}`) ?? otherwise; } catch { return otherwise; }
    },

    remember(name, value) {
      try { localStorage.setItem(`attune.${name}`, value); } catch { /* private windows may refuse */ }
    },
  };

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);
})();
