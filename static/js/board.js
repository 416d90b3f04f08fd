// The ranking: the selects hold the truth, the strip of letters shows it and changes it.
attune.onSheet((sheet, { on, find, all }) => {
  const { k, wConflict, wUnrated, wArranged, wLevel, wMoved } = sheet.dataset;
  const form = find("form.sheet");
  const board = find("[data-board]");
  const hint = board.querySelector("[data-hint]");
  const usual = hint.textContent;
  const lowest = Number(k);
  const cards = all(".card");
  const letters = cards.map((card) => card.dataset.letter);
  const each = (pick) => Object.fromEntries(cards.map((card) => [card.dataset.letter, pick(card)]));
  const select = each((card) => card.querySelector("[data-rank]"));
  const chip = each((card) => board.querySelector(`[data-chip="${card.dataset.letter}"]`));
  const rank = (letter) => Number(select[letter].value);
  const rating = (letter) => Number(find(`#card-${letter} .overall :checked`)?.value ?? 0);
  const worst = () => Math.min(Math.max(...letters.map(rank)) + 1, lowest);

  function show() {
    for (const letter of letters) {
      const { value } = select[letter];
      const list = board.querySelector(`[data-group="${value}"] ol`);
      if (!list.contains(chip[letter])) {
        const focused = document.activeElement === chip[letter];
        const after = [...list.children].find((item) => item.textContent.trim() > letter);
        list.insertBefore(chip[letter].parentElement, after ?? null);
        if (focused) chip[letter].focus({ preventScroll: true });
      }
      select[letter].classList.toggle("is-ranked", value !== "");
      for (const button of all("[data-level]", cards[letters.indexOf(letter)])) {
        button.setAttribute("aria-pressed", value !== "" && select[button.dataset.level].value === value);
      }
    }
    remind();
  }

  // Ratings and rankings of the same responses often disagree: said once, never in the way.
  function remind() {
    const odd = letters.flatMap((a) => letters.map((b) => ({ a, b }))).find(({ a, b }) => rank(b) && rating(b) && rating(a) > rating(b) && rank(a) > rank(b));
    hint.textContent = odd ? attune.fill(wConflict, odd) : usual;
    hint.classList.toggle("is-conflict", Boolean(odd));
  }

  function place(letter, to) {
    select[letter].value = to || "";
    select[letter].dispatchEvent(new Event("change", { bubbles: true }));
  }

  function move(letter, step) {
    if (rank(letter)) place(letter, Math.min(Math.max(rank(letter) + step, 1), lowest));
    else if (step < 0) place(letter, worst());
    else tell(letter);
  }

  function level(letter, other) {
    if (!rank(other)) place(other, worst());
    place(letter, rank(other));
  }

  function tell(letter) {
    const tied = letters.filter((other) => other !== letter && rank(letter) && rank(other) === rank(letter));
    const words = tied.length ? wLevel : wMoved;
    attune.say(attune.fill(words, { letter, others: tied.join(", "), rank: select[letter].selectedOptions[0].textContent }));
  }

  function arrange() {
    if (!find("[data-arrange]")) return;
    const scale = [...new Set(letters.map(rating))].filter(Boolean).sort((a, b) => b - a);
    if (!scale.length) return attune.say(wUnrated);
    form.elements.arranged.value = "1";
    for (const letter of letters) place(letter, scale.indexOf(rating(letter)) + 1);
    const order = scale.map((one) => letters.filter((letter) => rating(letter) === one).join(" = ")).join(" > ");
    attune.say(attune.fill(wArranged, { order }));
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
    if (button?.dataset.move) move(letter, button.dataset.move === "up" ? -1 : 1);
    else if (button?.dataset.level) level(letter, button.dataset.level);
    else if (button?.matches("[data-arrange]")) arrange();
    else if (button?.dataset.chip) sheet.attune.go(button.dataset.chip);
    else if (group) place(sheet.attune.active(), Number(group.dataset.group));
  });

  // Dragging: one more way to do what buttons, keys and selects do.
  on(board, "pointerdown", (down) => {
    const lifted = down.target.closest(".chip");
    if (!lifted || down.button) return;
    const ended = new AbortController();
    let target = null;
    const over = (group) => {
      target?.classList.remove("is-over");
      target = group;
      target?.classList.add("is-over");
    };
    const drag = ({ clientX, clientY }) => {
      const [x, y] = [clientX - down.clientX, clientY - down.clientY];
      if (!target && Math.hypot(x, y) < 6) return;
      lifted.classList.add("is-lifted");
      lifted.style.transform = `translate(${x}px, ${y}px)`;
      over(document.elementFromPoint(clientX, clientY)?.closest("[data-group]"));
    };
    const drop = ({ type }) => {
      ended.abort();
      lifted.classList.remove("is-lifted");
      lifted.style.transform = "";
      if (target && type === "pointerup") place(lifted.dataset.chip, Number(target.dataset.group));
      over(null);
    };
    const { signal } = ended;
    document.addEventListener("pointermove", drag, { signal });
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, drop, { signal });
  });

  Object.assign(sheet.attune, {
    show,
    move,
    arrange,
    place: (letter, to) => to <= lowest && place(letter, to),
    toBoard: () => chip[letters.find((letter) => !rank(letter)) ?? letters[0]].focus(),
    toChip: (letter) => chip[letter].focus(),
    // A digit on a letter ranks it; the next letter still to be ranked then takes the focus.
    rankChip(letter, digit) {
      if (digit > lowest) return;
      place(letter, digit);
      const rest = letters.filter((other) => !rank(other));
      if (digit && rest.length) chip[rest.find((other) => other > letter) ?? rest[0]].focus();
    },
  });
  show();
});
