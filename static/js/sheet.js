// The sheet's cards and keys: which response is in focus, what a key does to it, what is still missing.
attune.onSheet((sheet, signal) => {
  "use strict";
  const words = sheet.dataset;
  const form = sheet.querySelector("form.sheet");
  const strip = sheet.querySelector("[data-cards]");
  const cards = [...strip.children];
  const board = sheet.querySelector("[data-board]");
  const summary = sheet.querySelector("[data-summary]");
  const dialog = (name) => sheet.querySelector(`#${name}-dialog`);
  const on = (target, event, act, more) => target.addEventListener(event, act, { signal, ...more });
  let active = cards[0];

  // Focus

  function activate(card) {
    active = card;
    for (const other of cards) {
      other.classList.toggle("is-active", other === card);
      board.querySelector(`[data-chip="${other.dataset.letter}"]`).classList.toggle("is-active", other === card);
    }
  }

  function go(card, { focus = true } = {}) {
    if (!card) return;
    activate(card);
    if (focus) card.querySelector(".card-text").focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const cardOf = (letter) => cards.find((card) => card.dataset.letter === letter);
  sheet.attuneGo = (letter, options) => go(cardOf(letter), options);
  sheet.attuneActive = () => active.dataset.letter;

  function next() {
    const following = cards[cards.indexOf(active) + 1];
    if (following) go(following);
    else sheet.attuneBoard.focus();
  }

  for (const event of ["focusin", "pointerdown"]) {
    on(strip, event, ({ target }) => target.closest(".card") && activate(target.closest(".card")));
  }
  on(board, "focusin", ({ target }) => target.dataset.chip && activate(cardOf(target.dataset.chip)));

  // On a phone a swipe brings another card; the keys and the board then mean that one.
  const swipe = new IntersectionObserver((seen) => {
    const shown = seen.find((one) => one.isIntersecting);
    if (shown && strip.clientWidth < shown.target.clientWidth * 1.5) activate(shown.target);
  }, { root: strip, threshold: 0.7 });
  cards.forEach((card) => swipe.observe(card));
  signal.addEventListener("abort", () => swipe.disconnect());

  // Answers

  function choose(input) {
    if (!input) return;
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const ask = (selector) => active.querySelector(selector);
  const rate = (value) => choose(ask(`.overall input[value="${value}"]`));

  function answer(code, shift) {
    const question = [...active.querySelectorAll("[data-key]"), ...sheet.querySelectorAll(".prompt [data-key]")]
      .find(({ dataset }) => dataset.key && code === `Key${dataset.key.toUpperCase()}`);
    if (!question) return false;
    const inputs = [...question.querySelectorAll("input")];
    const after = (inputs.findIndex((input) => input.checked) + 1) % inputs.length;
    const yes = question.querySelector("[value=yes]");
    if (question.dataset.scale === "binary") {
      choose(question.querySelector(shift ? "[value=na]" : yes.checked ? "[value=no]" : "[value=yes]"));
    } else if (question.dataset.scale === "choice") choose(inputs[after]);
    else inputs[0].focus();
    question.scrollIntoView({ block: "nearest" });
    return true;
  }

  function noToTheRest(card) {
    const open = [...card.querySelectorAll(".binary")].filter((question) => !question.querySelector(":checked"));
    for (const question of open) choose(question.querySelector("[value=no]"));
    if (open.length) attune.say(attune.fill(words.wRest, { letter: card.dataset.letter }));
  }

  function expand(card) {
    activate(card);
    const single = strip.classList.toggle("is-single");
    for (const button of strip.querySelectorAll("[data-expand]")) button.setAttribute("aria-pressed", single);
  }

  // What is missing

  const isAnswered = (question) => question.querySelector(":checked") || question.querySelector("textarea")?.value.trim();
  const nameOf = (question) => question.querySelector(".q-word").lastChild.textContent.trim();

  function lacking(area) {
    const open = [...area.querySelectorAll("[data-required]")].filter((question) => !isAnswered(question));
    const rank = area.querySelector("[data-rank]");
    const fields = open.map((question) => ({ field: question, name: nameOf(question) }));
    return rank && !rank.value ? [...fields, { field: rank, name: words.wRank }] : fields;
  }

  const areas = [
    { area: sheet.querySelector(".prompt"), short: "…", name: sheet.querySelector("#prompt-title").textContent },
    ...cards.map((card) => ({
      area: card, short: card.dataset.letter, name: attune.fill(words.wResponse, { letter: card.dataset.letter }),
    })),
  ];
  const missing = () => areas.map((one) => ({ ...one, open: lacking(one.area) })).filter(({ open }) => open.length);
  const sentence = ({ name, open }) => `${name}: ${open.map((one) => one.name).join(", ")}`;

  function reach(field) {
    const card = field.closest(".card");
    if (card) go(card, { focus: false });
    const input = field.matches("input, select, textarea") ? field : field.querySelector("input, textarea");
    (input ?? field).focus();
    field.scrollIntoView({ block: "nearest" });
  }

  function count() {
    const bar = sheet.querySelector("[data-missing]");
    const gaps = missing();
    const label = document.createElement("span");
    label.textContent = gaps.length ? words.wMissing : words.wComplete;
    bar.replaceChildren(label, ...gaps.map((gap) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = sentence(gap);
      button.setAttribute("aria-label", button.title);
      const letter = document.createElement("b");
      letter.textContent = gap.short;
      button.append(letter, String(gap.open.length));
      button.addEventListener("click", () => reach(gap.open[0].field));
      return button;
    }));
    for (const marked of sheet.querySelectorAll(".is-missing")) marked.classList.toggle("is-missing", !isAnswered(marked));
    if (!gaps.length) summary.hidden = true;
  }

  // The server refuses an unfinished sheet too; saying it here saves the way there.
  function refuse(gaps) {
    const list = summary.querySelector("ul");
    list.replaceChildren(...gaps.map((gap) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#${gap.open[0].field.id}`;
      link.textContent = sentence(gap);
      item.append(link);
      return item;
    }));
    summary.hidden = false;
    for (const { field } of gaps.flatMap(({ open }) => open)) field.classList.toggle("is-missing", field.matches(".q"));
    reach(gaps[0].open[0].field);
  }

  on(document, "submit", (event) => {
    const gaps = event.target === form ? missing() : [];
    if (!gaps.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(gaps);
  }, { capture: true });

  on(form, "input", count);
  on(form, "change", count);

  // Clicks

  on(sheet, "click", (event) => {
    const at = (selector) => event.target.closest(selector);
    if (at("[data-rest]")) noToTheRest(at(".card"));
    else if (at("[data-expand]")) expand(at(".card"));
    else if (at("[data-shortcuts]")) dialog("shortcuts").showModal();
    else if (at("[data-close]")) at("dialog").close();
    else if (at("[data-skip]")) skip(event);
    else if (at("[data-toggle]")) instructions(event);
    else if (at("[data-summary] a")) jump(event, at("a"));
    else if (at("[data-open-link]")) openLink();
    else if (at(".prose a[href]")) confirmLink(event);
  });
  on(sheet, "auxclick", (event) => event.target.closest(".prose a[href]") && confirmLink(event));

  function jump(event, link) {
    event.preventDefault();
    const field = document.getElementById(link.hash.slice(1));
    if (field) reach(field);
  }

  function skip(event) {
    event.preventDefault();
    const touched = strip.querySelector(":checked:not(option), option:checked:not([value=''])") ||
      [...strip.querySelectorAll("textarea")].some((text) => text.value);
    dialog("skip").querySelector("[data-typed]").hidden = !touched;
    dialog("skip").showModal();
  }

  function confirmLink(event) {
    event.preventDefault();
    dialog("link").querySelector("[data-address]").textContent = event.target.closest("a").href;
    dialog("link").showModal();
  }

  function openLink() {
    window.open(dialog("link").querySelector("[data-address]").textContent, "_blank", "noopener,noreferrer");
    dialog("link").close();
  }

  const panel = sheet.querySelector("#instructions");
  const opener = sheet.querySelector(".bar [data-toggle]");

  function openPanel(open) {
    panel?.classList.toggle("is-open", open);
    opener?.setAttribute("aria-expanded", open);
  }

  function instructions(event) {
    event?.preventDefault();
    if (!panel) return;
    const open = !panel.classList.contains("is-open");
    openPanel(open);
    attune.remember("instructions", open ? "open" : "");
    (open ? panel : opener).focus();
  }

  // Keys: by their place on the keyboard, so that a Korean layout types no letter; never inside a text.

  const writes = (target) => target.closest("textarea, select, input:not([type=radio], [type=checkbox])");
  const presses = (target) => target.closest("button:not(.chip), a, [role=button]");

  function digitOf(event) {
    const [, digit] = /^(?:Digit|Numpad)(\d)$/.exec(event.code) ?? [];
    return digit && (event.code.startsWith("Digit") || event.key === digit) ? Number(digit) : null;
  }

  function onBoard(event, letter) {
    const digit = digitOf(event);
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.code];
    if (digit !== null) sheet.attuneBoard.digit(letter, digit);
    else if (event.code === "Backspace" || event.code === "Delete") sheet.attuneBoard.place(letter, 0);
    else if (step) sheet.attuneBoard.move(letter, step);
    else if (event.code === "Enter" && event.shiftKey) go(cards.at(-1));
    else if (event.code === "Enter") {
      const [gap] = missing();
      if (gap) reach(gap.open[0].field);
      else form.querySelector("[name=then]").focus();
    } else if (event.code.startsWith("Key") && cardOf(event.code.slice(3))) sheet.attuneBoard.letter(event.code.slice(3));
    else return common(event);
    return true;
  }

  function onCard(event) {
    const digit = digitOf(event);
    const rated = active.querySelector(".overall");
    const arrow = !event.target.matches("input") && { ArrowLeft: -1, ArrowRight: 1 }[event.code];
    if (digit === 0) noToTheRest(active);
    else if (digit && (event.shiftKey || !rated)) sheet.attuneBoard.digit(active.dataset.letter, digit) ?? go(active);
    else if (digit) rate(digit);
    else if (event.code === "Enter" && event.shiftKey) go(cards[cards.indexOf(active) - 1]);
    else if (event.code === "Enter") next();
    else if (arrow && cards[cards.indexOf(active) + arrow]) go(cards[cards.indexOf(active) + arrow]);
    else if (event.code === "Period" && !event.shiftKey) expand(active);
    else return answer(event.code, event.shiftKey) || common(event);
    return true;
  }

  function common(event) {
    if (event.key === "?") dialog("shortcuts").showModal();
    else if (event.code === "Slash") instructions();
    else if (event.code === "Equal") sheet.attuneBoard.arrange();
    else return false;
    return true;
  }

  function onKey(event) {
    if (event.isComposing || event.keyCode === 229 || event.altKey || document.querySelector("dialog[open]")) return;
    const enter = event.code === "Enter" || event.code === "NumpadEnter";
    if (event.ctrlKey || event.metaKey) {
      if (!enter) return;
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name=then]:not(:disabled)"));
      return;
    }
    const { target } = event;
    if (writes(target) || (presses(target) && (enter || event.code === "Space"))) {
      if (event.code === "Space" && target.matches("a[role=button]")) instructions(event);
      return;
    }
    // A bare Enter in a radio would submit the form, which only Ctrl+Enter and the buttons may do.
    if (enter && target.matches("input")) event.preventDefault();
    if (attune.recall("keys", "on") !== "on") return;
    const letter = target.closest("[data-chip]")?.dataset.chip;
    if (letter ? onBoard(event, letter) : onCard(event)) event.preventDefault();
  }

  on(document, "keydown", onKey);

  // What this browser remembers

  function keep(selector, name, otherwise) {
    const box = sheet.querySelector(selector);
    box.checked = attune.recall(name, otherwise) === "on";
    on(box, "change", () => attune.remember(name, box.checked ? "on" : "off"));
  }

  keep("[data-plain]", "plain", "off");
  keep("[data-keys]", "keys", "on");
  openPanel(attune.recall("instructions", "") === "open");

  count();
  const wrong = summary.querySelector("a");
  activate(active);
  if (wrong) jump(new Event("click"), wrong);
  else go(active);
  const said = sheet.querySelector(".notices .message");
  if (said) attune.say(said.textContent);
});
