// A JupyterLab extension written by hand: no Node, no build. It opens our modules live.
//
// A module whose code is exactly ours runs by itself when its kernel is ready: once each
// time it is opened, and once after each restart of the kernel. Any other notebook is left
// alone. Where this does not work, the notebook still says how to run it.
//
// It leans on JupyterLab's own names (NotebookActions.runAll, INotebookTracker); a browser
// test opens a module with it, so that a JupyterLab that changed them cannot pass unseen.
(() => {
  const STATIC = new URL(".", document.currentScript.src);
  const VERSION = new URL(document.currentScript.src).search;
  let scope = null;

  const shared = async (name) => (await Object.values(scope[name])[0].get())();

  let list = null; // module name → the sources of its code cells
  const manifest = () => list ??= fetch(new URL("modules.json" + VERSION, STATIC), { cache: "no-cache" })
    .then((answer) => (answer.ok ? answer.json() : {}), () => ({}));

  const isOurs = async (panel) => {
    const name = panel.context.path.split("/").pop().replace(/\.ipynb$/, "");
    const code = [...panel.context.model.cells].filter((cell) => cell.type === "code")
      .map((cell) => cell.sharedModel.getSource());
    return JSON.stringify((await manifest())[name] ?? null) === JSON.stringify(code);
  };

  const watch = async (panel, actions) => {
    await panel.context.ready;
    if (!(await isOurs(panel))) return;
    panel.addClass("wb-module");
    const session = panel.sessionContext;
    await session.ready;

    let wanted = true, running = false, calm = 0; // one run is owed for having been opened
    const step = async () => {
      if (Date.now() < calm) { setTimeout(step, calm - Date.now() + 10); return; }
      const kernel = session.session?.kernel;
      // A run sent before the kernel is connected is silently lost.
      if (!wanted || running || panel.isDisposed || kernel?.connectionStatus !== "connected"
        || kernel.status !== "idle") return;
      wanted = false;
      if (!(await isOurs(panel))) return; // changed since it was opened
      running = true;
      const notebook = panel.content, outer = notebook.outerNode ?? notebook.node;
      const place = notebook.activeCellIndex, height = outer.scrollTop;
      try {
        await actions.runAll(notebook, session);
      } finally {
        running = false;
        notebook.activeCellIndex = place; // runAll leaves the reader at the end
        outer.scrollTop = height;
      }
      step();
    };
    session.statusChanged.connect((_, status) => {
      if (status === "restarting" || status === "autorestarting") {
        wanted = true;
        calm = Date.now() + 1500; // one restart is announced more than once: wait for the last
      }
      step();
    });
    session.kernelChanged.connect((_, change) => { if (change.oldValue && change.newValue) wanted = true; step(); });
    session.connectionStatusChanged.connect(step);
    step();
  };

  const plugin = async () => {
    const { INotebookTracker, NotebookActions } = await shared("@jupyterlab/notebook");
    return {
      id: "ward-to-board:open", description: "Opens the course's modules live.",
      autoStart: true, requires: [INotebookTracker],
      activate: (_, tracker) => {
        if (!document.querySelector("link[data-wb]")) {
          const style = document.createElement("link");
          style.rel = "stylesheet"; style.dataset.wb = "";
          style.href = new URL("course.css" + VERSION, STATIC).href;
          document.head.append(style);
        }
        const begin = (panel) => watch(panel, NotebookActions).catch((error) => console.warn("ward-to-board", error));
        tracker.forEach(begin);
        tracker.widgetAdded.connect((_, panel) => begin(panel));
      },
    };
  };

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["ward-to-board"] = {
    init: (shareScope) => { scope = shareScope; },
    get: async () => { const found = await plugin(); return () => ({ __esModule: true, default: [found] }); },
  };
})();
