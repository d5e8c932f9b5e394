"""What went wrong in an answer: facts of its own code, ideas that explain it, and the kind of case in which it fails.

Nothing that is told is a guess. A change of the code is named only if it mends every case; an idea only if it agrees
with the answer wherever that is wrong; a kind of case only if it tells the wrong cases from the right ones.
"""

from course_lib.checking.recognise.nearest import kind_of_wrong_cases
from course_lib.checking.recognise.recognise import recognise
from course_lib.checking.recognise.relations import relation_of
from course_lib.checking.recognise.seen import odd_in_the_code
from course_lib.checking.recognise.told import Told

__all__ = ["Told", "kind_of_wrong_cases", "odd_in_the_code", "recognise", "relation_of"]
