document.getElementById("print").addEventListener("click", () => {
  for (const image of document.images) image.loading = "eager"; // paper shows what nobody scrolled to
  Promise.all([...document.images].map((image) => image.decode().catch(() => null))).then(() => print());
});
