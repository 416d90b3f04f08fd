// The sheet's cards and keys: which response is in focus, what a key does to it, what is still missing.
attune.onSheet((sheet, { on, find, all, alter, form, words }) => {
  const strip = find("[data-cards]");
  const cards = [...strip.children];
  const summary = find("[data-summary]");
  const panel = find("#instructions");
  const pager = find("[data-pager]");
  const primary = find(".primary");
  const board = sheet.attune;
  const show = (name) => find(`#${name}-dialog`).showModal();
  const cardOf = (letter) => cards.find(({ dataset }) => dataset.letter === letter);
  const beside = (step) => cards[cards.indexOf(active) + step];
  let active = find(".card.is-active") ?? cards[0];

  function activate(card) {
    active = card;
    for (const one of all(".card, .chip")) {
      one.classList.toggle("is-active", (one.dataset.letter ?? one.dataset.chip) === card.dataset.letter);
    }
    if (!pager) return;
    const page = form.matches(".at-board") ? cards.length + 1 : cards.indexOf(card) + 1;
    find("[data-leaf]").textContent = page;
    all("button", pager).forEach((button, place) => {
      button.value = page - 1 + 2 * place;
      button.disabled = button.value < 1 || button.value > +pager.dataset.pager;
    });
  }

  function turn(page, card = cards[page - 1] ?? active) {
    form.classList.toggle("at-board", pager && page > cards.length);
    bring(card);
  }

  function bring(card) {
    activate(card);
    card.scrollIntoView({ block: "nearest" });
  }

  function go(card) {
    if (!card) return;
    bring(card);
    card.querySelector(".card-text").focus({ preventScroll: true });
  }

  function reach(field) {
    const card = field.closest(".card");
    if (card) turn(field.matches("select") ? cards.length + 1 : cards.indexOf(card) + 1, card);
    (field.querySelector("input, textarea") ?? field).focus();
    field.scrollIntoView({ block: "nearest" });
  }

  const finish = () => reach(gaps()[0]?.fields[0] ?? primary);

  function toBoard() {
    if (!board.toChip) return finish();
    turn(cards.length + 1);
    board.toChip();
  }

  on(form, "focusin pointerdown", ({ target }) => {
    const card = target.closest(".card");
    if (card) activate(card);
    else if (target.dataset.chip) board.go(target.dataset.chip);
  });
  Object.assign(board, { go: (letter) => bring(cardOf(letter)), active: () => active.dataset.letter });

  // A swipe focuses another card.
  const swipe = new IntersectionObserver((seen) => {
    const shown = seen.find((one) => one.isIntersecting)?.target;
    if (strip.clientWidth < shown?.clientWidth * 1.5) activate(shown);
  }, { root: strip, threshold: 0.7 });
  cards.forEach((card) => swipe.observe(card));

  function choose(input) {
    if (!input) return;
    input.checked = input.type === "radio" || !input.checked;
    alter(input);
  }

  function answer({ code, shiftKey }) {
    const question = find(`:is(.is-active, .prompt) [data-key="${code.replace("Key", "").toLowerCase()}"]`);
    if (!question?.checkVisibility()) return false;
    const yes = question.querySelector(".is-yes input");
    if (yes) choose(question.querySelector(`[value=${shiftKey ? "na" : yes.checked ? "no" : "yes"}]`));
    else question.querySelector("input, textarea").focus();
    question.scrollIntoView({ block: "nearest" });
    return true;
  }

  // A digit answers the question in focus, as a number or by its place.
  function pick(question, digit) {
    const offered = all("input", question);
    choose(question.matches(".likert") ? offered.find(({ value }) => +value === digit) : offered[digit - 1]);
    if (offered[0].type === "radio") active.querySelector(".card-text").focus();
  }

  function noToTheRest(card) {
    const open = all(".flag:not(:has(:checked)) [value=no]", card);
    open.forEach(choose);
    if (open.length) attune.say(attune.fill(words.wRest, { n: open.length, ...card.dataset }));
  }

  function expand(card) {
    activate(card);
    const single = strip.classList.toggle("is-single");
    for (const button of all("[data-expand]")) button.ariaPressed = single;
  }

  const isAnswered = (field) => "value" in field ? field.value.trim() : field.querySelector(":checked");

  // Required fields that are empty, with the way to the first; a rank comes last.
  function gaps() {
    return [find(".prompt"), ...cards].map((area) => {
      const fields = [...all("[data-required]", area), ...all("[data-rank]", area)].filter((one) => !isAnswered(one));
      const names = fields.slice(0, 3).map(({ dataset }) => dataset.required ?? dataset.rank).join(", ");
      const more = fields.length > 3 ? `, +${fields.length - 3}` : "";
      const title = `${(area.querySelector(".vh") ?? area.querySelector("h2")).textContent}: ${names}${more}`;
      const to = (...inside) => make("a", { href: `#${fields[0].id}`, title }, ...inside);
      return { fields, letter: area.dataset.letter ?? "…", title, to };
    }).filter(({ fields }) => fields.length);
  }

  function make(tag, properties, ...inside) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  }

  function count() {
    const open = gaps();
    find("[data-missing]").replaceChildren(
      open.length ? words.wMissing : words.wComplete,
      ...open.map(({ letter, fields, to }) => to(make("b", {}, letter), ` ${fields.length}`)));
    for (const marked of all(".is-missing")) marked.classList.toggle("is-missing", !isAnswered(marked));
    if (!open.length) summary.hidden = true;
  }

  on(document, "submit", (event) => {
    const open = event.target === form ? gaps() : [];
    if (!open.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    summary.querySelector("ul").replaceChildren(...open.map(({ title, to }) => make("li", {}, to(title))));
    summary.hidden = false;
    for (const field of open.flatMap(({ fields }) => fields)) field.classList.add("is-missing");
    reach(open[0].fields[0]);
  }, true);
  on(form, "input change", count);

  on(sheet, "click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const page = at("[data-pager] button")?.value;
    const dialog = at("[data-dialog]")?.dataset.dialog;
    if (page > cards.length) toBoard();
    else if (page) turn(page), go(active);
    else if (at("[data-rest]")) noToTheRest(at(".card"));
    else if (at("[data-expand]")) expand(at(".card"));
    else if (dialog) show(dialog);
    else if (at("[data-toggle]")) instructions();
    else if (at("[data-summary] a, [data-missing] a")) reach(document.getElementById(at("a").hash.slice(1)) ?? form);
    else return;
    if (page || dialog || at("a")) event.preventDefault();
  });

  const opener = find("[data-toggle]");

  function instructions(open = !panel?.matches(".is-open")) {
    panel?.classList.toggle("is-open", open);
    opener?.setAttribute("aria-expanded", open);
    attune.remember("instructions", open);
    (open ? panel : opener)?.focus();
  }

  // Keys go by their place: a Korean layout types no letter. Never inside a text.
  // Without its lock, a number pad moves the cursor.
  function read({ code, key, shiftKey }) {
    const [, pad, digit] = /^(Digit|Numpad)(\d)$/.exec(code) ?? [];
    const counts = digit && (pad === "Digit" || key === digit);
    return { code: code.replace("NumpadE", "E"), key, shiftKey, digit: counts ? +digit : null };
  }

  function onBoard(pressed, letter) {
    const { code, shiftKey, digit } = pressed;
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[code];
    const other = code.replace("Key", "");
    if (digit != null) board.rankChip(letter, digit);
    else if (code === "Backspace" || code === "Delete") board.place(letter, 0);
    else if (step) board.move(letter, step);
    else if (code === "Enter" && shiftKey) turn(cards.length), go(cards.at(-1));
    else if (code === "Enter") finish();
    else if (cardOf(other)) board.toChip(other);
    else return anywhere(pressed);
    return true;
  }

  function onCard(pressed, target) {
    const { code, shiftKey, digit } = pressed;
    const ask = active.querySelector(".card-ask")?.checkVisibility();
    const rating = ask && active.querySelector(".overall");
    const question = target.closest("[data-key]:not(.binary)");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[target.matches("input, .wide") || code];
    if (digit != null && question) pick(question, digit);
    else if (digit === 0 && ask) noToTheRest(active);
    else if (digit && rating && !shiftKey) choose(rating.querySelector(`[value="${digit}"]`));
    else if (digit != null) board.place?.(active.dataset.letter, digit);
    else if (code === "Enter" && shiftKey) go(beside(-1));
    else if (code === "Enter") beside(1) ? go(beside(1)) : toBoard();
    else if (step) go(beside(step));
    else if (code === "Period") expand(active);
    else return answer(pressed) || anywhere(pressed);
    return true;
  }

  function anywhere({ key, code }) {
    if (key === "?") show("shortcuts");
    else if (code === "Slash") instructions();
    else if (code === "Equal") board.arrange?.();
    else return false;
    return true;
  }

  on(document, "keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.altKey || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const pressed = read(event);
    const enter = pressed.code === "Enter";
    if (event.ctrlKey || event.metaKey) {
      if (!enter) return;
      event.preventDefault();
      return primary.disabled || form.requestSubmit(primary);
    }
    if (pressed.code === "Escape") go(active);
    if (target.closest("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    if ((enter || pressed.code === "Space") && target.closest("button:not(.chip), a")) {
      return enter || !target.matches("a[role=button]") || target.click();
    }
    // A bare Enter in a radio would submit.
    if (enter && target.matches("input")) event.preventDefault();
    if (!find("#keys").checked) return;
    const letter = target.dataset.chip;
    if (letter ? onBoard(pressed, letter) : onCard(pressed, target)) event.preventDefault();
  });

  for (const box of all("[role=switch]")) {
    box.checked = attune.recall(box.id, `${box.checked}`) === "true";
    on(box, "change", () => attune.remember(box.id, box.checked));
  }
  if (attune.recall("instructions") === "true") instructions(true);

  count();
  const wrong = find("[data-summary] a");
  wrong ? wrong.click() : go(active);
  attune.say(find("#said").textContent.trim());
});
