"use strict";

// The page asks /flow every other second and shows what it says. Nothing is kept but the token,
// for as long as the tab is open.

const PAUSE_MS = 2000;
const FAILED = ["Timed Out", "Cancelled", "Returned", "Rejected"];
const element = id => document.getElementById(id);
const number = new Intl.NumberFormat("en");

function headers() {
  const token = sessionStorage.getItem("token");
  return token ? {Authorization: `Bearer ${token}`} : {};
}

async function ask(path, options = {}) {
  const used = sessionStorage.getItem("token");
  const answer = await fetch(path, {...options, headers: headers(), cache: "no-store"});
  const body = await answer.json();
  if (answer.status === 401 && sessionStorage.getItem("token") === used) { // not a newer one
    sessionStorage.removeItem("token");
    showLogin(true);
  }
  if (!answer.ok)
    throw new Error(body.detail || body.title);
  return body;
}

function showLogin(wanted) {
  if (wanted && element("login").hidden)
    setTimeout(() => element("token").focus());
  element("login").hidden = !wanted;
  element("main").hidden = wanted;
}

function showBars(list, entries) {
  const most = Math.max(1, ...entries.map(entry => entry.value));
  list.replaceChildren(...entries.map(entry => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const value = document.createElement("b");
    name.textContent = entry.name;
    bar.max = most;
    bar.value = entry.value;
    bar.setAttribute("aria-hidden", "true");
    value.textContent = number.format(entry.value);
    item.append(name, bar, value);
    return item;
  }));
}

function showLatest(orders) {
  element("empty").hidden = orders.length > 0;
  element("latest").replaceChildren(...orders.map(order => {
    const row = document.createElement("tr");
    // A link brings no token.
    const link = document.createElement(sessionStorage.getItem("token") ? "span" : "a");
    link.textContent = order.order_id;
    if (link.localName === "a")
      link.href = `orders/${order.order_id}`;
    for (const content of [link, order.status, order.stage ?? "–",
      order.at ? order.at.replace("T", " ").replace(/(\.\d+)?Z$/, "") : "–",
      order.customer_id ?? "–"]) {
      const cell = document.createElement("td");
      cell.append(content);
      row.append(cell);
    }
    if (order.final)
      row.className = FAILED.includes(order.status) ? "failed" : "final";
    return row;
  }));
}

function showGenerator(generator) {
  const rate = `${generator.rate} a second`;
  element("generator-state").textContent = generator.elsewhere
    ? "running as a part of its own; ./orderflow stop producer ends it"
    : !generator.wanted ? "stopped"
    : generator.running ? `running, ${rate}`
      : generator.note ? `wanted, ${rate}, but ${generator.note}` : `starting, ${rate}`;
  element("stop").disabled = !generator.wanted;
  element("start").disabled = generator.elsewhere === true;
  element("start").textContent = generator.wanted ? "Change" : "Start";
  if (document.activeElement !== element("rate") && !element("rate").dataset.touched)
    element("rate").value = generator.rate;
}

function show(flow) {
  element("in").textContent = flow.rate.in.toFixed(1);
  element("out").textContent = flow.rate.out.toFixed(1);
  element("lag").textContent = number.format(flow.lag.reduce((sum, stage) => sum + stage.records, 0));
  element("dead").textContent = number.format(flow.dead_letters);
  element("dead-box").classList.toggle("bad", flow.dead_letters > 0);
  showBars(element("states"), flow.states.map(({status, orders}) => ({name: status, value: orders})));
  element("no-lag").hidden = flow.lag.length > 0;
  showBars(element("lags"), flow.lag.map(({stage, records}) => ({name: stage, value: records})));
  element("as-of").textContent = flow.as_of
    ? `PostgreSQL, ${flow.as_of.replace("T", " ").replace(/\.\d+Z$/, "Z")}` : "not counted yet";
  showGenerator(flow.generator);
  showLatest(flow.latest);
}

async function refresh() {
  try {
    show(await ask("flow"));
    showLogin(false);
    element("connection").textContent = "live";
    element("connection").className = "";
  } catch (error) {
    element("connection").textContent = `not connected: ${error.message}`;
    element("connection").className = "off";
  }
}

async function keepRefreshing() {
  for (;;) {
    if (!document.hidden)
      await refresh();
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
  }
}

async function steer(path) {
  element("message").textContent = "";
  try {
    showGenerator(await ask(path, {method: "POST"}));
    delete element("rate").dataset.touched;
  } catch (error) {
    element("message").textContent = error.message;
  }
  await refresh();
}

element("rate").addEventListener("input", event => { event.target.dataset.touched = "yes"; });
element("generator").addEventListener("submit", event => {
  event.preventDefault();
  steer(`generator/start?rate=${encodeURIComponent(element("rate").value)}`);
});
element("stop").addEventListener("click", () => steer("generator/stop"));
element("login").addEventListener("submit", event => {
  event.preventDefault();
  sessionStorage.setItem("token", element("token").value);
  element("token").value = "";
  refresh();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
keepRefreshing();
