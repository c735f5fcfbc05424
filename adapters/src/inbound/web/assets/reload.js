// In place of a page of which somebody asked for too many: the way on.

document.getElementById("again").addEventListener("click", () => location.reload());
