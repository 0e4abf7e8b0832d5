// A JupyterLab extension written by hand: no Node, no build. It opens our modules live.
//
// A module whose code is exactly ours runs by itself when its kernel is ready: once each
// time it is opened, and once after each restart of the kernel. A bar above it says what is
// happening, and has one button where something went wrong. The reader lands where they
// left. A copy that was changed runs when its button is pressed; any other notebook is left
// alone. Where this does not work, the notebook still says how to run it.
//
// In a fellow's Lab (course/lab/fellow) it also closes the side bars, leaves stray keys
// without effect and has three commands: the course's home, its help, and start again.
//
// It leans on JupyterLab's own names; each is used so that Lab still works without it, and
// the browser tests open modules so that a JupyterLab that changed them cannot pass unseen.
(() => {
  const STATIC = new URL(".", document.currentScript.src);
  const VERSION = new URL(document.currentScript.src).search;
  const SITE = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  const BASE = SITE.baseUrl || "/";
  const FELLOW = SITE.wardToBoard === "fellow";
  const CALM = 1500, BLIP = 6000, SLOW = 15000, LONG = 90000; // ms
  let scope = null;

  const shared = async (name) => (await Object.values(scope[name])[0].get())();

  let list = null; // module name → the sources of its code cells
  const manifest = () => list ??= fetch(new URL("modules.json" + VERSION, STATIC), { cache: "no-cache" })
    .then((answer) => (answer.ok ? answer.json() : {}), () => { list = null; return {}; });

  // ---- the bar ---------------------------------------------------------------------------

  const SAFE = "Everything shown as saved is safe.";
  const SAYS = { // state → sentence, words of the button
    live: [""],
    starting: ["Starting this module …"],
    slow: ["Starting this module … It may take a minute on a busy day. There is nothing you need to do."],
    long: [`This module is taking longer to start than it should. ${SAFE}`, "Start again"],
    again: [`This module stopped, and is starting again by itself. ${SAFE}`],
    stopped: [`This module has stopped. ${SAFE}`, "Start again"],
    partly: [`Part of this module could not be shown. ${SAFE}`, "Start again"],
    lost: [`The course cannot be reached. ${SAFE} What is not saved yet stays on this page: keep it open.`, "Start again"],
    failed: [`This module could not be started. ${SAFE} Wait a minute, then try once more.`, "Start again"],
    changed: ["This copy of the module has been changed, so it does not start by itself.", "Start it"],
    nothing: ["Your answers are saved as you make them. There is nothing else to save."],
  };

  const barOf = (panel, press) => {
    const bar = document.createElement("div"), words = document.createElement("p"), button = document.createElement("button");
    let timers = [];
    bar.className = "wb wb-bar";
    bar.setAttribute("role", "status");
    bar.tabIndex = -1;
    button.className = "wb-button";
    button.type = "button";
    button.addEventListener("click", press);
    panel.node.insertBefore(bar, panel.content.node);
    const view = panel.content.outerNode ?? panel.content.node;
    // It lies over the top of the text, where the style keeps room, so that nothing moves. On a
    // phone it can be higher than that room: make more, and keep the reader's place.
    const fit = () => {
      bar.style.top = `${panel.content.node.offsetTop}px`;
      const height = view.scrollHeight;
      view.style.paddingTop = "";
      if (bar.offsetHeight > parseFloat(getComputedStyle(view).paddingTop)) view.style.paddingTop = `${bar.offsetHeight + 4}px`;
      if (view.scrollTop > bar.offsetHeight) view.scrollTop += view.scrollHeight - height;
    };
    new ResizeObserver(fit).observe(panel.content.node); // also when a tab behind comes to the front
    const say = (state) => {
      if (bar.dataset.state === state || (state === "nothing" && bar.dataset.state !== "live")) return;
      timers.forEach(clearTimeout);
      timers = [];
      bar.dataset.state = state;
      const [sentence, label] = SAYS[state], held = bar.contains(document.activeElement);
      words.textContent = sentence;
      button.textContent = label ?? "";
      bar.replaceChildren(...(sentence ? [words] : []), ...(label ? [button] : []));
      fit();
      const after = (time, next) => timers.push(setTimeout(say, time, next));
      if (state === "starting") after(SLOW, "slow");
      if (state === "again") after(LONG, "long");
      if (state === "slow") after(LONG - SLOW, "long");
      if (state === "nothing") after(SLOW / 3, "live");
      // A button that goes while it has the focus would leave a keyboard user nowhere.
      if (held) (label ? button : sentence ? bar : panel.content.activeCell?.node)?.focus({ preventScroll: true });
    };
    return { say, get state() { return bar.dataset.state; } };
  };

  // ---- the place the reader left -----------------------------------------------------------
  // A place is a cell and how far its top is above the edge of the view, in pixels.

  const placeOf = (panel) => {
    const notebook = panel.content, view = notebook.outerNode ?? notebook.node;
    // Where Lab takes cells off the page that are out of view, only Lab knows where things are.
    if (notebook.notebookConfig?.windowingMode !== "none") return { before: () => false, after() {} };
    const name = `ward-to-board:place:${BASE}${panel.context.path}`;
    const above = (node) => view.getBoundingClientRect().top - node.getBoundingClientRect().top;
    const find = (id) => notebook.widgets.find((cell) => cell.model.id === id);
    let held = null, quiet = null, later = null;

    const now = () => {
      const cell = notebook.widgets.find((one) => one.node.isConnected && above(one.node) < one.node.offsetHeight - 1);
      return cell ? { cell: cell.model.id, above: above(cell.node) } : null;
    };
    const keep = () => {
      clearTimeout(later);
      later = null;
      if (held || !panel.isVisible) return;
      try { localStorage.setItem(name, JSON.stringify(now())); } catch { /* full or refused */ }
    };
    const kept = () => { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } };

    const put = () => {
      const node = panel.isVisible && find(held?.cell)?.node;
      if (node?.isConnected) view.scrollTop += held.above - above(node);
    };
    // Controls and charts take their height while they are drawn: until that is over, or the
    // reader moves, the place stays where it is. A size is told before it is painted, so
    // nothing is seen to jump.
    const sizes = new ResizeObserver(() => {
      put();
      if (quiet) { clearTimeout(quiet); quiet = setTimeout(free, 1000); }
    });
    const free = () => {
      sizes.disconnect();
      notebook.viewportNode?.style.removeProperty("min-height");
      clearTimeout(quiet);
      held = quiet = null;
    };
    const hold = (place) => {
      free();
      if (!place || !find(place.cell)) return;
      held = place;
      for (const cell of notebook.widgets) sizes.observe(cell.node);
      put();
    };
    const moved = (event) => {
      if (event.type !== "keydown" || event.key === "Tab" || !event.target.closest("input, textarea")) free();
    };
    for (const type of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      panel.node.addEventListener(type, moved, { capture: true, passive: true });
    }
    view.addEventListener("scroll", () => { later ??= setTimeout(keep, 300); }, { passive: true });
    window.addEventListener("pagehide", keep);
    panel.disposed.connect(() => { free(); clearTimeout(later); window.removeEventListener("pagehide", keep); });

    // Where nothing is remembered: what comes after the last thing answered.
    const next = () => {
      const forms = [...panel.node.querySelectorAll("[data-wb-key]")]
        .filter((form) => form.querySelector(":scope .wb-status:not([hidden])"));
      const state = (form) => form.querySelector(".wb-status").dataset.state;
      const last = forms.findLastIndex((form) => state(form) === "saved");
      const rest = last < 0 ? [] : forms.slice(last + 1);
      const form = rest.find((one) => state(one) === "open") ?? rest[0];
      const cell = form && notebook.widgets.find((one) => one.node.contains(form));
      return cell ? { cell: cell.model.id, above: -80 } : null;
    };
    // The next Tab goes on from what is read, and Lab scrolls to the cell that it thinks is in
    // use: that must be one that is in view. Somebody who is typing is left alone.
    const follow = () => {
      const index = notebook.widgets.findIndex((cell) => cell.model.id === held?.cell);
      const active = notebook.activeCell?.node, at = document.activeElement;
      if (index < 0 || !active || (active.contains(at) && at !== active)) return;
      if (above(active) < active.offsetHeight && above(active) > -view.clientHeight) return;
      notebook.deselectAll();
      notebook.activeCellIndex = index;
      if ([document.body, notebook.node, active].includes(at)) notebook.activeCell.node.focus({ preventScroll: true });
    };
    return {
      /** Before a run: stay where the reader is, or go where they left. */
      before(first) {
        hold((first && kept()) || held || now());
        if (notebook.viewportNode) notebook.viewportNode.style.minHeight = `${notebook.viewportNode.offsetHeight}px`;
        follow();
        return first && !kept();
      },
      /** After it: hold on until all is drawn, and then find the next question if need be. */
      after(search) {
        if (!held) return;
        quiet = setTimeout(free, 1000);
        if (search) setTimeout(() => { if (held && next()) { hold(next()); follow(); quiet = setTimeout(free, 1000); } }, 700);
      },
    };
  };

  // ---- one notebook of ours ----------------------------------------------------------------

  const watched = new Map(); // panel → what its commands do

  const watch = async (panel, actions) => {
    await panel.context.ready;
    const code = (await manifest())[panel.context.path.split("/").pop().replace(/\.ipynb$/, "")];
    if (!code || panel.isDisposed) return;
    const notebook = panel.content, session = panel.sessionContext, model = panel.context.model;
    const sources = (cells) => cells.map((cell) => cell.sharedModel.getSource());
    const isOurs = () => JSON.stringify(code)
      === JSON.stringify(sources([...model.cells].filter((cell) => cell.type === "code")));

    // The bar says in its own words what these two of Lab's dialogs say. Neither has a switch.
    session.statusChanged.disconnect(panel._onSessionStatusChanged, panel);
    session._displayKernelError = async () => {};
    session._dialog?.reject();

    let wanted = true, first = true, chosen = false; // a run is owed for having been opened
    let running = false, mending = false, calm = 0, life = null, former = null, blip = null, settled = "live";
    const settle = (state) => { settled = state; bar.say(state); };

    // The kernels that the server has; an error where it does not answer. (Lab's own look at
    // them, refreshRunning, keeps its errors to itself.)
    const kernels = async () => {
      const { ServerConnection } = await shared("@jupyterlab/services"), settings = session.sessionManager.serverSettings;
      const answer = await ServerConnection.makeRequest(`${settings.baseUrl}api/sessions`, {}, settings);
      // A hub answers for a server that it has stopped, or for who must sign in again: it has
      // its own page for that.
      if (SITE.hubPrefix && mending && [403, 424, 503].includes(answer.status)) location.reload();
      if (!answer.ok) throw new Error(`api/sessions: ${answer.status}`);
      return (await answer.json()).map((one) => one.kernel?.id);
    };
    const again = async () => {
      if (mending) return;
      wanted = chosen = true;
      if (bar.state === "changed") { step(); return; }
      mending = true;
      bar.say("starting");
      const kernelOf = () => session.session?.kernel;
      const lives = () => kernelOf() && !kernelOf().isDisposed && kernelOf().status !== "dead";
      let end = "lost";
      try {
        await kernels();
        end = "failed";
        // Lab swallows a restart that fails: look whether it did anything.
        if (lives()) await session.restartKernel();
        if (!lives() || kernelOf().connectionStatus !== "connected") {
          await session.shutdown().catch(() => {});
          await session.changeKernel({ name: session.kernelPreference.name || session.prevKernelName || "python3" });
        }
        if (lives()) end = null;
      } catch (error) {
        console.warn("ward-to-board", error);
      }
      // A press that failed at once would look like one that did nothing.
      if (end) await new Promise((done) => { setTimeout(done, 1000); });
      mending = false;
      if (end) bar.say(end); else step();
    };
    const bar = barOf(panel, again);
    const place = placeOf(panel);
    panel.addClass("wb-named");
    if (isOurs()) panel.addClass("wb-module");
    watched.set(panel, { again, say: bar.say });
    panel.disposed.connect(() => watched.delete(panel));

    // What a run draws is not worth saving, and everything the fellow says is in the record: a
    // module is never "unsaved", and two tabs of it never disagree about the file.
    const opened = JSON.stringify(sources([...model.cells]));
    const clean = () => {
      if (FELLOW && model.dirty && JSON.stringify(sources([...model.cells])) === opened) model.dirty = false;
    };
    model.stateChanged.connect(clean);
    clean();

    const step = async () => {
      if (panel.isDisposed || mending || running) return;
      // A late word of the kernel that was is no sign that the new one can be spoken to.
      const pause = calm + (life && life === former ? BLIP : 0) - Date.now();
      if (pause > 0) { setTimeout(step, pause + 10); return; }
      const kernel = session.session?.kernel;
      if (!kernel || kernel.isDisposed || kernel.status === "dead") {
        if (!["starting", "initializing"].includes(session.kernelDisplayStatus)) bar.say("stopped");
        return;
      }
      // A run sent before the kernel is connected is silently lost.
      if (kernel.connectionStatus !== "connected") { blip ??= setTimeout(missing, BLIP); return; }
      clearTimeout(blip);
      blip = null;
      if (!wanted) { if (["lost", "stopped"].includes(bar.state)) bar.say(settled); return; }
      if (!chosen && !isOurs()) { wanted = false; settle("changed"); return; } // also: changed since it was opened
      if (!["again", "slow", "long"].includes(bar.state)) bar.say("starting");
      if (kernel.status !== "idle") return;
      wanted = false;
      chosen = isOurs();
      running = true;
      const search = place.before(first);
      first = false;
      let fine = false;
      try {
        fine = await actions.runCells(notebook, notebook.widgets.filter((cell) => cell.model.type === "code"), session);
      } catch (error) {
        console.warn("ward-to-board", error);
      }
      running = false;
      place.after(search);
      clean();
      if (!wanted && !mending) settle(fine ? "live" : "partly");
      step();
    };

    // No word from the kernel for a while: is the server there, and the kernel in it?
    const missing = async () => {
      blip = null;
      const kernel = session.session?.kernel;
      if (panel.isDisposed || mending || kernel?.connectionStatus === "connected") return;
      try {
        if (!(await kernels()).includes(kernel?.id)) { bar.say("stopped"); return; }
        if (bar.state === "lost" || kernel.connectionStatus === "disconnected") kernel.reconnect().catch(() => {});
        if (bar.state === "lost") bar.say(wanted ? "starting" : settled);
      } catch {
        bar.say("lost");
      }
      blip = setTimeout(missing, BLIP);
    };

    const owe = () => {
      if (!wanted) former = life;
      wanted = true;
      calm = Date.now() + CALM; // one restart is announced more than once: wait for the last
    };
    session.statusChanged.connect((_, status) => {
      if (status === "restarting" || status === "autorestarting") {
        owe();
        if (status === "autorestarting" && isOurs()) bar.say("again");
      }
      step();
    });
    // A restart asked for elsewhere, by another tab say, is not announced at all: but each life
    // of a kernel signs its messages with a word of its own.
    session.iopubMessage.connect((_, message) => {
      const word = message.header.session;
      // Of these two the server itself is the author.
      if (word === former || ["restarting", "dead"].includes(message.content.execution_state)) return;
      if (life && word !== life && !wanted) owe();
      life = word;
      if (wanted) step();
    });
    session.kernelChanged.connect((_, { oldValue, newValue }) => {
      if (oldValue && newValue && oldValue.id !== newValue.id) wanted = true;
      step();
    });
    session.sessionChanged.connect(step);
    session.connectionStatusChanged.connect(step);
    bar.say(isOurs() ? "starting" : "changed");
    await session.ready;
    step();
  };

  // ---- a fellow's Lab ------------------------------------------------------------------------

  const arrange = (app, current) => {
    document.body.classList.add("wb-fellow");
    app.restored.then(() => {
      const shell = app.shell;
      for (const side of shell.isSideTabBarVisible ? ["left", "right"] : []) {
        if (shell.isSideTabBarVisible(side)) shell.toggleSideTabBarVisibility(side);
      }
      if (shell.isSideTabBarVisible) { shell.collapseLeft(); shell.collapseRight(); }
      // In the single-document view the name of the file is a box to type in: it would be renamed.
      if (shell.mode === "single-document" && shell.isTopInSimpleModeVisible?.()) shell.toggleTopInSimpleModeVisibility();
    });

    // Lab reads a letter, Enter or an arrow as a command to the notebook: a stray one adds, cuts
    // or moves a cell. On a module they are what they are on any page. Captured at the
    // window, because Lab's own listener is on the document.
    const inModule = (target) => target.closest?.(".wb-module .jp-Notebook")
      && !target.closest(".wb, input, textarea, select, [contenteditable], .cm-editor");
    window.addEventListener("keydown", (event) => {
      const held = event.ctrlKey || event.metaKey;
      if (event.key === "Tab") document.body.classList.add("wb-keys"); // shows which cell has the focus
      if (held && event.key.toLowerCase() === "s" && !event.shiftKey && !event.altKey) {
        const open = watched.get(current());
        if (open) { event.preventDefault(); event.stopImmediatePropagation(); open.say("nothing"); }
      } else if (inModule(event.target)) {
        const harmless = held ? !event.shiftKey && !event.altKey && event.key !== "Backspace"
          : event.key === "Tab" || event.key === "Escape" || /^F\d/.test(event.key);
        if (!harmless) event.stopImmediatePropagation();
      }
    }, true);
    // The browser's own menu has copy and the spelling; Lab's has cells to cut and merge.
    window.addEventListener("contextmenu", (event) => {
      if (event.target.closest?.(".wb-module .jp-Notebook")) event.stopImmediatePropagation();
    }, true);
  };

  const COLOURS = { computer: ["As on this computer"], light: ["Light", "JupyterLab Light"], dark: ["Dark", "JupyterLab Dark"] };

  const commands = (app, current, themes) => {
    app.commands.addCommand("ward-to-board:home", {
      label: "Course home", caption: "All modules, what you have done, and what comes next",
      execute: () => { location.href = `${BASE}ward-to-board`; },
    });
    app.commands.addCommand("ward-to-board:help", {
      label: "Help with this course", caption: "Opens in a new tab",
      execute: () => { window.open(`${BASE}ward-to-board/help`, "_blank", "noopener"); },
    });
    app.commands.addCommand("ward-to-board:start", {
      label: "Start again", caption: "Starts this module afresh; everything shown as saved is safe",
      isEnabled: () => !!current(),
      execute: () => watched.get(current())?.again() ?? app.commands.execute("notebook:restart-run-all"),
    });
    // Lab's own menu for this speaks of themes by their makers' names.
    if (themes) app.commands.addCommand("ward-to-board:colours", {
      label: ({ as }) => COLOURS[as]?.[0] ?? "Colours",
      isToggled: ({ as }) => (themes.isToggledAdaptiveTheme() ? "computer" : COLOURS.light[1] === themes.theme ? "light" : "dark") === as,
      execute: async ({ as }) => {
        if (COLOURS[as]?.[1]) await themes.setTheme(COLOURS[as][1]);
        if ((as === "computer") !== themes.isToggledAdaptiveTheme()) await themes.toggleAdaptiveTheme();
      },
    });
  };

  const plugins = async () => {
    const { INotebookTracker, NotebookActions } = await shared("@jupyterlab/notebook");
    const { IThemeManager } = await shared("@jupyterlab/apputils");
    const found = [{
      id: "ward-to-board:open", description: "Opens the course's modules live.",
      autoStart: true, requires: [INotebookTracker], optional: [IThemeManager],
      activate: (app, tracker, themes) => {
        if (!document.querySelector("link[data-wb]")) {
          const style = document.createElement("link");
          style.rel = "stylesheet"; style.dataset.wb = "";
          style.href = new URL("course.css" + VERSION, STATIC).href;
          document.head.append(style);
        }
        const warn = (error) => console.warn("ward-to-board", error);
        const begin = (panel) => watch(panel, NotebookActions).catch(warn);
        tracker.forEach(begin);
        tracker.widgetAdded.connect((_, panel) => begin(panel));
        try {
          commands(app, () => tracker.currentWidget, themes);
          tracker.currentChanged.connect(() => app.commands.notifyCommandChanged("ward-to-board:start"));
          if (FELLOW) arrange(app, () => tracker.currentWidget);
        } catch (error) { warn(error); }
      },
    }];
    // Lab's dialog on a lost connection comes again and again over what one is reading: in a
    // fellow's Lab the bar says it. (Lab's own provider is switched off in page_config.json.)
    const { IConnectionLost } = FELLOW ? await shared("@jupyterlab/application") : {};
    if (IConnectionLost) found.push({
      id: "ward-to-board:connection", description: "Leaves a lost connection to the bar.",
      autoStart: true, provides: IConnectionLost, activate: () => async () => {},
    });
    return found;
  };

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["ward-to-board"] = {
    init: (shareScope) => { scope = shareScope; },
    get: async () => { const found = await plugins(); return () => ({ __esModule: true, default: found }); },
  };
})();
