// The pages need no script; this makes them kinder. Times become those of the reader's own
// computer, and a button that takes some seconds says so and is not pressed twice.
const style = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  time.textContent = style.format(new Date(time.dateTime));
}
for (const zone of document.querySelectorAll("[data-wb-zone]")) {
  zone.textContent = `in your computer’s time zone (${style.resolvedOptions().timeZone.replaceAll("_", " ")})`;
}
for (const form of document.querySelectorAll("form[data-wb-once]")) {
  const status = form.querySelector("[role=status]");
  form.addEventListener("submit", (event) => {
    if (form.dataset.wbSent) { event.preventDefault(); return; }
    form.dataset.wbSent = "yes";
    status.hidden = false;
    status.textContent = form.dataset.wbOnce;
  });
  // Come back to with the browser's Back, the page is as it was left.
  addEventListener("pageshow", () => { delete form.dataset.wbSent; status.hidden = true; });
}
