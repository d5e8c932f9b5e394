// Says in a browser that is too old for the course's Python why nothing runs there. Such a browser may not even read the
// site's other scripts, so this one is written in the oldest JavaScript.

(function () {
  var TOO_OLD =
    "This browser is too old to run Python, or is not allowed to, so lessons can only be read here: use a newer one; " +
    "nothing of your work is lost.";

  window.isTooOldForPython = !window.WebAssembly || !WebAssembly.Exception;
  if (window.isTooOldForPython) {
    document.addEventListener("DOMContentLoaded", tell);
  }

  function tell() {
    var buttons = document.querySelectorAll('a.run-button[href*="lite/"]');
    for (var i = 0; i < buttons.length; i++) {
      var words = document.createElement("strong");
      words.textContent = TOO_OLD;
      buttons[i].parentNode.replaceChild(words, buttons[i]);
    }
    var said = document.getElementById("said"); // on the page Your progress
    if (said) {
      said.textContent = TOO_OLD;
      said.className = "said wrong";
    }
  }
})();
