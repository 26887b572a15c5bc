"use strict";
// Everything that the page says is in its markup. This script shows and hides it, and makes no markup of any text.
(() => {
	const root = document.documentElement;
	const $ = id => document.getElementById(id);
	const all = (selector, of = document) => [...of.querySelectorAll(selector)];

	const form = $("form"), search = $("q"), status = $("status"), noise = $("noise"), help = $("help"), keys = $("keys");
	const items = all(".list .item").map(element => ({
		element, tokens: new Set((element.dataset.f || "").split(" ")), quiet: element.classList.contains("quiet"),
		details: element.tagName === "DETAILS",
	}));
	const lists = all(".list").map(element => ({ element, hint: element.querySelector(".hidden-hint"), items: items.filter(i => element.contains(i.element)) }));
	const parts = all(".group, .list > .items, .list > h3").map(element => ({ element, items: items.filter(i => element.contains(i.element)) }));
	const number = n => n.toLocaleString("en");

	// What is searched: the text of an item and, where noise is shown, that of its noise.
	const textOf = item => {
		if (item.text === undefined) {
			const folded = item.details && item.element.querySelector(":scope > .noise");
			item.noise = folded ? folded.textContent.toLowerCase() : "";
			item.text = folded ? [...item.element.children].filter(e => e !== folded).map(e => e.textContent).join("\n").toLowerCase() : item.element.textContent.toLowerCase();
		}
		return noise.checked ? item.text + "\n" + item.noise : item.text;
	};

	const filters = () => {
		const chosen = name => all(`[name="${name}"]`, form).filter(e => e.type === "checkbox" ? e.checked : e.value).map(e => e.value);
		return {
			words: search.value.toLowerCase().split(/\s+/).filter(w => w),
			groups: ["w", "x", "s", "c", "e"].map(chosen).filter(g => g.length),
		};
	};
	const matches = (item, f) => f.groups.every(g => g.some(t => item.tokens.has(t))) && (!f.words.length || f.words.every(w => textOf(item).includes(w)));

	function apply() {
		const f = filters(), narrowed = f.groups.length + f.words.length > 0;
		let shown = 0;
		for (const item of items) {
			const match = matches(item, f);
			item.shown = match && (!item.quiet || noise.checked);
			item.folded = match && !item.shown;
			item.element.hidden = !item.shown;
			if (!item.details) item.element.parentElement.hidden = !item.shown;
			shown += item.shown;
		}
		for (const part of parts) part.element.hidden = part.items.length > 0 && !part.items.some(i => i.shown);
		for (const heading of all(".list > h3")) heading.hidden = heading.nextElementSibling.hidden;
		for (const list of lists) hint(list);
		status.textContent = narrowed ? `${number(shown)} of ${number(items.length)} items match` : `${number(shown)} items`;
		mark(f.words);
	}

	// What filters hide is never hidden in silence.
	function hint(list) {
		const folded = list.items.filter(i => i.folded).length, left = list.items.filter(i => !i.shown).length - folded;
		const texts = [];
		if (left) texts.push(`${number(left)} of ${number(list.items.length)} hidden by search and filters.`);
		if (folded) texts.push(`${number(folded)} ${folded === 1 ? "object differs" : "objects differ"} only in what means nothing: “with noise” shows ${folded === 1 ? "it" : "them"}.`);
		list.hint.textContent = texts.join(" ");
		list.hint.hidden = !texts.length;
	}

	// mark shows what was searched where it is seen, in the first of the items.
	function mark(words) {
		if (!CSS.highlights) return;
		CSS.highlights.delete("found");
		if (!words.length) return;
		const found = new Highlight();
		for (const item of items.filter(i => i.shown).slice(0, 200)) {
			const walk = document.createTreeWalker(item.element, NodeFilter.SHOW_TEXT);
			while (walk.nextNode() && found.size < 2000) {
				const text = walk.currentNode.data.toLowerCase();
				if (text.length !== walk.currentNode.length) continue; // lower case has another length in some scripts
				for (const w of words) {
					for (let at = text.indexOf(w); at >= 0 && found.size < 2000; at = text.indexOf(w, at + w.length)) {
						const range = new Range();
						range.setStart(walk.currentNode, at);
						range.setEnd(walk.currentNode, at + w.length);
						found.add(range);
					}
				}
			}
		}
		CSS.highlights.set("found", found);
	}

	let waiting;
	const soon = () => { clearTimeout(waiting); waiting = setTimeout(apply, 150); };

	// views
	const chosen = name => form.elements[name].value;
	const setView = () => { root.dataset.view = chosen("view"); };
	const setTheme = () => { if (chosen("theme")) root.dataset.theme = chosen("theme"); else delete root.dataset.theme; };
	const setNoise = () => { for (const fold of all(".noise")) fold.open = noise.checked; apply(); };
	const unfold = open => { for (const item of items) if (item.details && item.shown) item.element.open = open; };
	const next = name => {
		const radios = all(`[name="${name}"]`, form);
		const to = radios[(radios.findIndex(r => r.checked) + 1) % radios.length];
		to.checked = true;
		to.dispatchEvent(new Event("change", { bubbles: true }));
	};
	const toggle = box => { box.checked = !box.checked; box.dispatchEvent(new Event("change", { bubbles: true })); };
	function clear() {
		search.value = "";
		for (const e of all('[name="w"], [name="s"]', form)) e.checked = false;
		for (const e of all("select", form)) e.value = "";
		apply();
	}

	// where one is
	const stop = item => item.details ? item.element.firstElementChild : item.element;
	function go(to) {
		if (!to) return;
		to.focus({ preventScroll: true });
		to.scrollIntoView({ block: "nearest" });
	}
	function move(by) {
		const stops = items.filter(i => i.shown).map(stop);
		const here = stops.findIndex(s => s === document.activeElement || s.parentElement === document.activeElement.closest(".item") || s === document.activeElement.closest(".item"));
		if (here >= 0) return go(stops[Math.min(stops.length - 1, Math.max(0, here + by))]);
		// From elsewhere in the content, the order of the page decides; from outside of it, what is in view.
		const at = document.activeElement, inside = at !== $("main") && $("main").contains(at);
		const below = stops.findIndex(s => inside ? at.compareDocumentPosition(s) & Node.DOCUMENT_POSITION_FOLLOWING : s.getBoundingClientRect().top >= 0);
		const before = below < 0 ? stops.length - 1 : below - 1;
		go(stops[Math.max(0, by > 0 && below >= 0 ? below : before)]);
	}
	function section(by) {
		const heads = all("main h2");
		for (const h of heads) h.tabIndex = -1;
		const at = document.activeElement;
		const before = heads.filter(h => h === at || h.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING).length - 1;
		const to = by > 0 ? before + 1 : heads[before] === at ? before - 1 : before;
		go(heads[Math.min(heads.length - 1, Math.max(0, to))]);
	}
	// follow shows what a link of the page leads to, also when filters hide it.
	function follow() {
		const item = items.find(i => i.element.id && "#" + i.element.id === location.hash);
		if (!item) return;
		if (!item.shown) {
			if (item.quiet) { noise.checked = true; setNoise(); }
			if (!item.shown) { clear(); status.textContent = "Search and filters were cleared to show what the link leads to."; }
		}
		if (item.details) item.element.open = true;
		item.element.scrollIntoView({ block: "start" });
		stop(item).focus({ preventScroll: true });
	}

	const does = {
		"/": () => { search.focus(); search.select(); },
		j: () => move(1), k: () => move(-1), "]": () => section(1), "[": () => section(-1),
		e: () => unfold(true), c: () => unfold(false), v: () => next("view"), t: () => next("theme"),
		n: () => toggle(noise), x: clear, "?": () => help.showModal(),
	};
	addEventListener("keydown", event => {
		const at = event.target;
		if (event.key === "Escape" && at === search) return search.blur();
		if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
		if (at.matches("select, textarea, input:not([type=checkbox]):not([type=radio])")) return;
		const arrow = at.matches(".item, .object > summary") && { ArrowDown: "j", ArrowUp: "k" }[event.key];
		const act = arrow ? does[arrow] : keys.checked && Object.hasOwn(does, event.key) && does[event.key];
		if (!act) return;
		event.preventDefault();
		act();
	});

	search.addEventListener("input", soon);
	form.addEventListener("submit", event => event.preventDefault());
	form.addEventListener("change", event => {
		switch (event.target.name || event.target.id) {
		case "view": return setView();
		case "theme": return setTheme();
		case "noise": return setNoise();
		case "q": return;
		}
		apply();
	});
	$("clear").addEventListener("click", clear);
	$("expand").addEventListener("click", does.e);
	$("collapse").addEventListener("click", does.c);
	$("ask").addEventListener("click", does["?"]);
	addEventListener("hashchange", follow);

	// What is printed is unfolded.
	let opened = [];
	addEventListener("beforeprint", () => {
		opened = all("main details:not([open])").filter(d => !d.closest("[hidden]"));
		for (const d of opened) d.open = true;
	});
	addEventListener("afterprint", () => {
		for (const d of opened) d.open = false;
		opened = [];
	});

	root.dataset.js = "";
	$("controls").hidden = false;
	if (matchMedia("(max-width: 63.99rem)").matches) form.querySelector(".filters").open = false;
	setView();
	setTheme();
	setNoise();
	follow();
})();
