// The sheet's cards and keys: which response is in focus, what a key does to it, what is still missing.
attune.onSheet((sheet, { on, find, all }) => {
  const words = sheet.dataset;
  const form = find("form.sheet");
  const strip = find("[data-cards]");
  const cards = [...strip.children];
  const prompt = find(".prompt");
  const summary = find("[data-summary]");
  const panel = find("#instructions");
  const dialog = (name) => find(`#${name}-dialog`);
  const cardOf = (letter) => cards.find((card) => card.dataset.letter === letter);
  const beside = (step) => cards[cards.indexOf(active) + step];
  let active = cards[0];

  // Focus

  function activate(card) {
    active = card;
    for (const one of all(".card, .chip")) {
      one.classList.toggle("is-active", (one.dataset.letter ?? one.dataset.chip) === card.dataset.letter);
    }
  }

  function bring(card) {
    activate(card);
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function go(card) {
    if (!card) return;
    bring(card);
    card.querySelector(".card-text").focus({ preventScroll: true });
  }

  function reach(field) {
    const card = field.closest(".card");
    if (card) bring(card);
    (field.querySelector("input, textarea") ?? field).focus();
    field.scrollIntoView({ block: "nearest" });
  }

  function touch({ target }) {
    const card = target.closest(".card") ?? cardOf(target.dataset.chip);
    if (card) activate(card);
  }
  on(form, "focusin", touch);
  on(strip, "pointerdown", touch);
  Object.assign(sheet.attune, { go: (letter) => bring(cardOf(letter)), active: () => active.dataset.letter });

  // On a phone a swipe brings another card into focus.
  const swipe = new IntersectionObserver((seen) => {
    const shown = seen.find((one) => one.isIntersecting)?.target;
    if (strip.clientWidth < shown?.clientWidth * 1.5) activate(shown);
  }, { root: strip, threshold: 0.7 });
  cards.forEach((card) => swipe.observe(card));

  // Answers

  function choose(input) {
    if (!input) return;
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function answer({ code, shiftKey }) {
    const question = [...all("[data-key]", active), ...all("[data-key]", prompt)].find(
      ({ dataset }) => dataset.key && code === `Key${dataset.key.toUpperCase()}`);
    if (!question) return false;
    const yes = question.querySelector(".is-yes input");
    if (yes) choose(question.querySelector(`[value=${shiftKey ? "na" : yes.checked ? "no" : "yes"}]`));
    else question.querySelector("input").focus();
    question.scrollIntoView({ block: "nearest" });
    return true;
  }

  function noToTheRest(card) {
    const open = all(".binary", card).filter((question) => !question.querySelector(":checked"));
    for (const question of open) choose(question.querySelector("[value=no]"));
    if (open.length) attune.say(attune.fill(words.wRest, card.dataset));
  }

  function expand(card) {
    activate(card);
    const single = strip.classList.toggle("is-single");
    for (const button of all("[data-expand]", strip)) button.setAttribute("aria-pressed", single);
  }

  // What is missing

  const isAnswered = (field) => field.matches("select") ? field.value
    : field.querySelector(":checked") ?? field.querySelector("textarea")?.value.trim();
  const nameOf = (field) => field.querySelector(".q-word")?.lastChild.textContent.trim() ?? words.wRank;

  function missing() {
    return [prompt, ...cards].map((area) => {
      const fields = ["[data-required]", "[data-rank]"].flatMap((asked) => all(asked, area))
        .filter((field) => !isAnswered(field));
      const name = (area.querySelector(".vh") ?? area.querySelector("h2")).textContent;
      const names = fields.map(nameOf);
      const more = names.length > 3 ? `, +${names.length - 3}` : "";
      return {
        fields, letter: area.dataset.letter ?? "…",
        full: `${name}: ${names.join(", ")}`, brief: `${name}: ${names.slice(0, 3).join(", ")}${more}`,
      };
    }).filter(({ fields }) => fields.length);
  }

  function make(tag, properties, ...inside) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  }

  function count() {
    const gaps = missing();
    find("[data-missing]").replaceChildren(
      make("span", {}, gaps.length ? words.wMissing : words.wComplete),
      ...gaps.map(({ letter, fields, full }) => make("button", {
        type: "button", title: full, ariaLabel: full, onclick: () => reach(fields[0]),
      }, make("b", {}, letter), String(fields.length))));
    for (const marked of all(".is-missing")) marked.classList.toggle("is-missing", !isAnswered(marked));
    if (!gaps.length) summary.hidden = true;
  }

  // The server refuses an unfinished sheet too; saying it here saves the way there.
  on(document, "submit", (event) => {
    const gaps = event.target === form ? missing() : [];
    if (!gaps.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    summary.querySelector("ul").replaceChildren(...gaps.map(({ fields, brief }) =>
      make("li", {}, make("a", { href: `#${(fields[0].querySelector("textarea") ?? fields[0]).id}` }, brief))));
    summary.hidden = false;
    for (const field of gaps.flatMap(({ fields }) => fields)) field.classList.add("is-missing");
    reach(gaps[0].fields[0]);
  }, true);
  on(form, "input", count);
  on(form, "change", count);

  // Clicks

  on(sheet, "click", (event) => {
    const at = (selector) => event.target.closest(selector);
    if (at("[data-rest]")) noToTheRest(at(".card"));
    else if (at("[data-expand]")) expand(at(".card"));
    else if (at("[data-open-link]")) window.open(dialog("link").querySelector("a").href, "_blank", "noopener,noreferrer");
    else if (at("[data-dialog]")) dialog(at("[data-dialog]").dataset.dialog).showModal();
    else if (at("[data-toggle]")) instructions();
    else if (at("[data-summary] a")) reach(document.getElementById(at("a").hash.slice(1)) ?? form);
    else return;
    if (at("a, [data-dialog]")) event.preventDefault();
  });

  // A link in a text under judgement leads nowhere before its whole address was seen.
  function follow(event) {
    const link = event.target.closest(".prose a[href]");
    if (!link) return;
    event.preventDefault();
    Object.assign(dialog("link").querySelector("a"), { href: link.href, textContent: link.href });
    dialog("link").showModal();
  }
  on(sheet, "click", follow);
  on(sheet, "auxclick", follow);

  const opener = find("[data-toggle]");

  function openPanel(open) {
    panel?.classList.toggle("is-open", open);
    opener?.setAttribute("aria-expanded", open);
    attune.remember("instructions", open);
  }

  function instructions() {
    openPanel(opener?.ariaExpanded === "false");
    (opener?.ariaExpanded === "true" ? panel : opener)?.focus();
  }

  // Keys: by their place on the keyboard, so that a Korean layout types no letter; never inside a text.

  // A number pad without its lock moves the cursor: then its key is no digit.
  function read({ code, key, shiftKey }) {
    const [, pad, digit] = /^(Digit|Numpad)(\d)$/.exec(code) ?? [];
    const counts = digit && (pad === "Digit" || key === digit);
    return { code: code.replace("NumpadE", "E"), key, shiftKey, digit: counts ? Number(digit) : null };
  }

  function onBoard(pressed, letter) {
    const { code, shiftKey, digit } = pressed;
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[code];
    const [gap] = missing();
    if (digit != null) sheet.attune.rankChip(letter, digit);
    else if (code === "Backspace" || code === "Delete") sheet.attune.place(letter, 0);
    else if (step) sheet.attune.move(letter, step);
    else if (code === "Enter" && shiftKey) go(cards.at(-1));
    else if (code === "Enter") reach(gap ? gap.fields[0] : form.querySelector(".primary"));
    else if (cardOf(code.replace("Key", ""))) sheet.attune.toChip(code.replace("Key", ""));
    else return anywhere(pressed);
    return true;
  }

  function onCard(pressed, target) {
    const { code, shiftKey, digit } = pressed;
    const rating = active.querySelector(".overall");
    const step = { ArrowLeft: -1, ArrowRight: 1 }[target.matches("input") || code];
    if (digit === 0) noToTheRest(active);
    else if (digit && rating && !shiftKey) choose(rating.querySelector(`[value="${digit}"]`));
    else if (digit) sheet.attune.place(active.dataset.letter, digit);
    else if (code === "Enter" && shiftKey) go(beside(-1));
    else if (code === "Enter") beside(1) ? go(beside(1)) : sheet.attune.toBoard();
    else if (step) go(beside(step));
    else if (code === "Period") expand(active);
    else return answer(pressed) || anywhere(pressed);
    return true;
  }

  function anywhere({ key, code }) {
    if (key === "?") dialog("shortcuts").showModal();
    else if (code === "Slash") instructions();
    else if (code === "Equal") sheet.attune.arrange();
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
      const button = form.querySelector(".primary");
      return button.disabled || form.requestSubmit(button);
    }
    if (target.closest("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    if ((enter || pressed.code === "Space") && target.closest("button:not(.chip), a")) {
      return enter || !target.matches("a[role=button]") || target.click();
    }
    // A bare Enter in a radio would submit the form.
    if (enter && target.matches("input")) event.preventDefault();
    if (!find("[data-keys]").checked) return;
    const letter = target.closest("[data-chip]")?.dataset.chip;
    if (letter ? onBoard(pressed, letter) : onCard(pressed, target)) event.preventDefault();
  });

  // What this browser remembers

  for (const [name, usual] of [["plain", false], ["keys", true]]) {
    const box = find(`[data-${name}]`);
    box.checked = attune.recall(name, String(usual)) === "true";
    on(box, "change", () => attune.remember(name, box.checked));
  }
  openPanel(attune.recall("instructions") === "true");

  count();
  const wrong = summary.querySelector("a");
  if (wrong) wrong.click();
  else go(active);
  const said = find(".messages");
  if (said) attune.say(said.textContent.trim());
});
