"use strict";
(() => {
	const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#707070"];
	const color = (c, k) => c.strong ? "#000" : palette[k % palette.length];
	const short = (x) => x === null ? "–" : x === 0 ? "0" : Math.abs(x) >= 1e4 || Math.abs(x) < 1e-3 ? x.toExponential(2) : x.toPrecision(3);
	const make = (parent, tag, name, text) => {
		const e = parent.appendChild(document.createElement(tag));
		if (name) e.className = name;
		if (text !== undefined) e.textContent = text;
		return e;
	};
	const svgOf = (parent, label) => { // in a document of HTML it needs no name space
		parent.insertAdjacentHTML("beforeend", '<svg role="img"></svg>');
		parent.lastElementChild.setAttribute("aria-label", label);
		return parent.lastElementChild;
	};
	const escape = (s) => s.replace(/[&<>"]/g, (c) => "&#" + c.charCodeAt(0) + ";");

	// numbers unpacks a panel: at(state, unit).
	const numbers = (p) => {
		const bytes = Uint8Array.from(atob(p.data), (c) => c.charCodeAt(0));
		const view = new DataView(bytes.buffer);
		const states = p.units ? bytes.length / 2 / p.units : 0;
		return (state, unit) => p.scale * view.getInt16(2 * (Math.min(state, states - 1) * p.units + unit), true) / 32767;
	};

	// curves draws the curves into a box that is width wide; the result marks a state.
	const curves = (svg, d, width) => {
		const height = 220, left = 58, right = 12, top = 12, bottom = 38;
		const all = d.curves.flatMap((c) => c.y.filter((y) => y !== null));
		const log = d.log && all.length > 0 && all.every((y) => y > 0);
		const f = log ? Math.log10 : (y) => y;
		let low = Math.min(...all.map(f)), high = Math.max(...all.map(f));
		if (!log) low = Math.min(0, low);
		if (!(high > low)) { low -= 1; high += 1; }
		const first = d.steps[0], last = d.steps[d.steps.length - 1];
		const x = (s) => left + (width - left - right) * (last > first ? (s - first) / (last - first) : 0.5);
		const y = (v) => height - bottom - (height - top - bottom) * (f(v) - low) / (high - low);
		let s = "";
		for (let i = 0; i <= 4; i++) {
			const v = low + (high - low) * i / 4, at = height - bottom - (height - top - bottom) * i / 4;
			s += `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/><text x="${left - 6}" y="${at + 4}" text-anchor="end">${short(log ? 10 ** v : v)}</text>`;
		}
		const room = Math.max(2, Math.floor(width / 70));
		let every = 1;
		for (let k = 1; (last - first) / every > room; k++) every = [1, 2, 5][k % 3] * 10 ** Math.floor(k / 3);
		for (let step = Math.ceil(first / every) * every; step <= last; step += every) {
			s += `<text x="${x(step)}" y="${height - bottom + 16}" text-anchor="middle">${step}</text>`;
		}
		s += `<text x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${escape(d.unit)}</text>`;
		d.curves.forEach((c, k) => {
			const points = c.y.map((v, i) => v === null || log && v <= 0 ? null : x(d.steps[i]).toFixed(1) + "," + y(v).toFixed(1)).filter((p) => p);
			s += `<polyline points="${points.join(" ")}" fill="none" stroke="${color(c, k)}" stroke-width="2"/>`;
		});
		s += `<line class="mark" y1="${top}" y2="${height - bottom}"/>`;
		svg.setAttribute("width", width);
		svg.setAttribute("height", height);
		svg.innerHTML = s;
		const mark = svg.lastElementChild;
		return (state) => { mark.setAttribute("x1", x(d.steps[state])); mark.setAttribute("x2", x(d.steps[state])); };
	};

	// bars draws at most 16 numbers within low to high.
	const bars = (svg, p, value, low, high, marks) => {
		const width = Math.max(120, svg.clientWidth), height = 150, top = 16, bottom = 20;
		const range = high - low || 1, each = (width - 10) / p.units;
		const y = (v) => top + (height - top - bottom) * (high - Math.max(low, Math.min(high, v))) / range;
		const zero = y(0);
		let s = "";
		for (let i = 0; i < p.units; i++) {
			const v = value(i), left = 5 + i * each, to = y(v);
			s += `<rect x="${left + each * 0.15}" width="${each * 0.7}" y="${Math.min(zero, to)}" height="${Math.max(0.5, Math.abs(to - zero))}" fill="${v < 0 ? "#2166ac" : "#b2182b"}"/>`;
			if (marks) s += `<line class="mark" x1="${left}" x2="${left + each}" y1="${y(marks[i])}" y2="${y(marks[i])}"/>`;
			s += `<text x="${left + each / 2}" y="${height - 4}" text-anchor="middle">${escape(p.names ? p.names[i] : String(i))}</text>`;
			if (each >= 44) s += `<text x="${left + each / 2}" y="${Math.min(zero, to) - 3}" text-anchor="middle">${short(v)}</text>`;
		}
		svg.setAttribute("height", height);
		svg.innerHTML = s + `<line class="zero" x1="0" x2="${width}" y1="${zero}" y2="${zero}"/>`;
	};

	// map draws more numbers as colours.
	const map = (box, p) => {
		let rows, columns, tiles = 1;
		if (p.shape.length === 2) [rows, columns] = p.shape;
		else if (p.shape.length === 3) [tiles, rows, columns] = p.shape;
		if (!rows || tiles * rows * columns !== p.units) {
			tiles = 1;
			columns = Math.ceil(Math.sqrt(p.units));
			rows = Math.ceil(p.units / columns);
		}
		const across = Math.ceil(Math.sqrt(tiles)), down = Math.ceil(tiles / across), gap = tiles > 1 ? 1 : 0;
		const canvas = make(box, "canvas");
		canvas.width = across * (columns + gap) - gap;
		canvas.height = down * (rows + gap) - gap;
		canvas.setAttribute("role", "img");
		canvas.setAttribute("aria-label", p.title);
		const place = (unit) => {
			const tile = Math.floor(unit / (rows * columns)), i = unit % (rows * columns);
			return [tile % across * (columns + gap) + i % columns, Math.floor(tile / across) * (rows + gap) + Math.floor(i / columns)];
		};
		const context = canvas.getContext("2d");
		const draw = (value, scale) => {
			const image = context.createImageData(canvas.width, canvas.height);
			for (let i = 0; i < p.units; i++) {
				const v = scale ? Math.max(-1, Math.min(1, value(i) / scale)) : 0, [x, y] = place(i);
				const to = v < 0 ? [33, 102, 172] : [178, 24, 43], k = 4 * (y * canvas.width + x);
				for (let c = 0; c < 3; c++) image.data[k + c] = 247 + Math.abs(v) * (to[c] - 247);
				image.data[k + 3] = 255;
			}
			context.putImageData(image, 0, 0);
			canvas.onmousemove = (e) => {
				const x = Math.floor(e.offsetX / canvas.clientWidth * canvas.width), y = Math.floor(e.offsetY / canvas.clientHeight * canvas.height);
				for (let i = 0; i < p.units; i++) {
					const [a, b] = place(i);
					if (a === x && b === y) canvas.title = `unit ${i}: ${short(value(i))}`;
				}
			};
		};
		return draw;
	};

	for (const root of document.querySelectorAll(".stepper")) {
		const d = JSON.parse(root.querySelector("script").textContent);
		const last = d.steps.length - 1;
		const controls = make(root, "div", "controls");
		const play = make(controls, "button", "", "▶ play");
		play.type = "button";
		const slider = make(controls, "input");
		slider.type = "range";
		slider.min = 0;
		slider.max = last;
		slider.value = 0;
		slider.setAttribute("aria-label", d.unit);
		const says = make(controls, "output");
		make(root, "p", "small", d.label);
		const chart = make(root, "div", "chart");
		const svg = svgOf(chart, d.label);
		const legend = make(root, "div", "legend");
		const entries = d.curves.map((c, k) => {
			const entry = make(legend, "span");
			make(entry, "i").style.background = color(c, k);
			make(entry, "span", "", c.name + " ");
			return make(entry, "b");
		});
		const choice = make(root, "label", "small");
		const change = make(choice, "input");
		change.type = "checkbox";
		make(choice, "span", "", " show the change since " + d.unit + " " + d.steps[0]);
		const panels = make(root, "div", "panels");
		const draws = d.panels.map((p) => {
			const box = make(panels, "figure");
			make(box, "figcaption", "", p.title);
			if (p.png) {
				const picture = make(box, "img");
				picture.src = "data:image/png;base64," + p.png;
				picture.alt = p.title;
				make(box, "div", "small", p.note);
				return () => {};
			}
			const at = numbers(p);
			let low = Infinity, high = -Infinity, moved = 0;
			for (let s = 0; s <= last; s++) for (let i = 0; i < p.units; i++) {
				low = Math.min(low, at(s, i));
				high = Math.max(high, at(s, i));
				moved = Math.max(moved, Math.abs(at(s, i) - at(0, i)));
			}
			for (const m of p.marks || []) { low = Math.min(low, m); high = Math.max(high, m); }
			const few = p.units <= 16;
			const svg = few ? svgOf(box, p.title) : null, draw = few ? null : map(box, p);
			const note = make(box, "div", "small");
			return (state) => {
				const value = change.checked ? (i) => at(state, i) - at(0, i) : (i) => at(state, i);
				if (few && change.checked) bars(svg, p, value, -moved, moved, null);
				else if (few) bars(svg, p, value, Math.min(0, low), Math.max(0, high), p.marks);
				const scale = change.checked ? moved : Math.max(-low, high);
				if (!few) draw(value, scale);
				note.textContent = (few ? "" : `blue −${short(scale)} to red +${short(scale)}` + (p.note ? "; " : "")) + p.note;
			};
		});
		let mark = null;
		const show = () => {
			const state = Number(slider.value);
			says.textContent = `${d.unit} ${d.steps[state]} of ${d.steps[last]}`;
			mark(state);
			entries.forEach((e, k) => { e.textContent = short(d.curves[k].y[state]); });
			draws.forEach((draw) => draw(state));
		};
		const layout = () => {
			mark = curves(svg, d, Math.max(240, chart.clientWidth));
			show();
		};
		let timer = null;
		const pause = () => {
			clearInterval(timer);
			timer = null;
			play.textContent = "▶ play";
		};
		play.onclick = () => {
			if (timer) return pause();
			if (Number(slider.value) === last) slider.value = 0;
			play.textContent = "❚❚ pause";
			timer = setInterval(() => {
				slider.value = Number(slider.value) + 1;
				show();
				if (Number(slider.value) === last) pause();
			}, Math.max(60, Math.min(400, 8000 / (last + 1))));
			show();
		};
		slider.oninput = () => { if (timer) pause(); show(); };
		change.onchange = show;
		addEventListener("resize", layout);
		layout();
	}
})();
