// The ranking: the selects hold the truth, the strip of letters shows it and changes it.
attune.onSheet((sheet, { on, find, all, alter, form, words }) => {
  const board = find("[data-board]");
  if (!board) return;
  const hint = find("[data-hint]");
  const usual = hint.textContent;
  const lowest = +words.k;
  const letters = all(".card").map((card) => card.dataset.letter);
  const select = (letter) => find(`#${letter}-rank`);
  const chip = (letter) => find(`[data-chip=${letter}]`);
  const rank = (letter) => +select(letter).value;
  const rating = (letter) => +(find(`#card-${letter} .overall :checked`)?.value ?? 0);
  const worst = () => Math.min(Math.max(...letters.map(rank)) + 1, lowest);

  function show() {
    for (const letter of letters) {
      const { value } = select(letter);
      const list = find(`[data-group="${value}"] ol`);
      if (!list.contains(chip(letter))) {
        const focused = document.activeElement === chip(letter);
        const after = [...list.children].find((item) => item.textContent > letter);
        list.insertBefore(chip(letter).parentElement, after ?? null);
        if (focused) chip(letter).focus({ preventScroll: true });
      }
      select(letter).classList.toggle("is-ranked", value);
      for (const button of all(`#card-${letter} [data-level]`)) {
        button.ariaPressed = !!value && select(button.dataset.level).value === value;
      }
    }
    remind();
  }

  // Ratings and rankings often disagree: said, and never in the way.
  function remind() {
    const odd = letters.flatMap((a) => letters.map((b) => ({ a, b }))).find(
      ({ a, b }) => rank(b) && rating(b) && rating(a) > rating(b) && rank(a) > rank(b));
    hint.textContent = odd ? attune.fill(words.wConflict, odd) : usual;
    hint.classList.toggle("is-conflict", !!odd);
  }

  function place(letter, to) {
    select(letter).value = to || "";
    alter(select(letter));
  }

  function move(letter, step) {
    if (rank(letter)) place(letter, Math.min(rank(letter) + step || 1, lowest));
    else if (step < 0) place(letter, worst());
    else tell(letter);
  }

  function level(letter, other) {
    if (!rank(other)) place(other, worst());
    place(letter, rank(other));
  }

  function tell(letter) {
    const others = letters.filter((one) => one !== letter && rank(letter) && rank(one) === rank(letter)).join(", ");
    const said = others ? words.wLevel : words.wMoved;
    attune.say(attune.fill(said, { letter, others, rank: select(letter).selectedOptions[0].textContent }));
  }

  function arrange() {
    if (!find("[data-arrange]")) return;
    const scale = [...new Set(letters.map(rating))].filter(Boolean).sort((a, b) => b - a);
    if (!scale.length) return attune.say(words.wUnrated);
    form.elements.arranged.value = "1";
    for (const letter of letters) place(letter, scale.indexOf(rating(letter)) + 1);
    const order = scale.map((one) => letters.filter((letter) => rating(letter) === one).join(" = ")).join(" > ");
    attune.say(attune.fill(words.wArranged, { order }));
  }

  on(form, "change", ({ target }) => {
    if (target.matches("[data-rank]")) {
      show();
      tell(target.closest(".card").dataset.letter);
    } else remind();
  });

  on(form, "click", ({ target }) => {
    const button = target.closest("button");
    const letter = button?.closest(".card")?.dataset.letter;
    const group = target.closest("[data-group]");
    if (button?.dataset.move) move(letter, +button.dataset.move);
    else if (button?.dataset.level) level(letter, button.dataset.level);
    else if (button?.matches("[data-arrange]")) arrange();
    else if (button?.dataset.chip) sheet.attune.go(button.dataset.chip);
    else if (group) place(sheet.attune.active(), group.dataset.group);
  });

  // Dragging; held near an edge, the strip scrolls.
  let held = null;
  on(form, "pointerdown", ({ target, button, x, y }) => {
    const grip = target.closest(".chip, .card-head .badge");
    if (grip && !button) held = { lifted: chip(grip.textContent), x, y };
  });
  function mark(group) {
    for (const one of board.children) one.classList.toggle("is-over", one === group);
  }
  function drag() {
    const { lifted, x, y } = held;
    const { left, right, top, bottom } = board.getBoundingClientRect();
    if (!right) return drop({});
    board.scrollBy(4 * ((x > right - 32) - (x < left + 32)), 4 * ((y > bottom - 16) - (y < top + 16)));
    Object.assign(lifted.style, { left: `${x}px`, top: `${y}px` });
    held.group = document.elementFromPoint(x, y)?.closest("[data-group]");
    mark(held.group);
  }
  on(document, "pointermove", ({ x, y }) => {
    if (!held || (!held.timer && Math.hypot(x - held.x, y - held.y) < 6)) return;
    Object.assign(held, { x, y });
    held.timer ??= setInterval(drag, 16);
    held.lifted.classList.add("is-lifted");
    drag();
  });
  function drop({ type }) {
    if (!held) return;
    const { lifted, group, timer } = held;
    clearInterval(timer);
    held = null;
    mark();
    lifted.classList.remove("is-lifted");
    if (group && type === "pointerup") place(lifted.dataset.chip, group.dataset.group);
  }
  on(document, "pointerup pointercancel", drop);

  Object.assign(sheet.attune, {
    show,
    move,
    arrange,
    place: (letter, to) => to <= lowest && place(letter, to),
    toChip: (letter) => chip(letter ?? letters.find((one) => !rank(one)) ?? letters[0]).focus(),
    // The next letter still to be ranked takes the focus.
    rankChip(letter, digit) {
      if (digit > lowest) return;
      place(letter, digit);
      const rest = letters.filter((other) => !rank(other));
      if (digit && rest.length) chip(rest.find((other) => other > letter) ?? rest[0]).focus();
    },
  });
  show();
});
