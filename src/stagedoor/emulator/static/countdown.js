// Counts the seconds on the page down and asks for the page again when they are over: it then says that the link has expired.
const shown = document.getElementById("seconds");
if (shown) {
  const end = Date.now() + Number(shown.textContent) * 1000;
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    shown.textContent = String(left);
    if (left === 0) {
      clearInterval(timer);
      location.reload();
    }
  }, 500);
}
