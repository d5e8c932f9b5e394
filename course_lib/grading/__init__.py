"""For instructors: submissions in, sandboxed runs, scores, feedback and exports out."""
