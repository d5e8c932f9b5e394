"""How an answer is judged, how the result is shown, and where progress is kept. No exercise is named here."""
