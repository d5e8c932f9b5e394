"""From a notebook to points: cases, judgement, the instructor's policy, the results of a class."""
