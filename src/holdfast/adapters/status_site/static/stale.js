(() => {
  const written = Date.parse(document.querySelector("time[data-as-of]").dateTime);
  const warning = document.getElementById("stale");
  const look = () => {
    const minutes = Math.floor((Date.now() - written) / 60000);
    warning.hidden = minutes < Number(warning.dataset.after);
    warning.querySelector("b").textContent = minutes < 120 ? `${minutes} minutes` : `${Math.floor(minutes / 60)} hours`;
  };
  look();
  setInterval(look, 10000);
})();
