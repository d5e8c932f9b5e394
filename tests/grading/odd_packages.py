"""Packages as platforms and people make them, also unusual ones: entries, and what must be read from them."""

from dataclasses import dataclass, field

from graded_class import ARGMAX, IOU

TEN = "10_training_craft"
PROJECT = "07_pet_trimap_project"
LESSONS = [ARGMAX, IOU, PROJECT, TEN]
NB = f"{IOU}.ipynb"
TIME = "2026-11-20 10:11:12.123456 UTC"


@dataclass(frozen=True)
class Odd:
    """Entries of a package (name to content), and either what is read, ``student/lesson``, or words of the refusal."""

    entries: dict[str, str]
    read: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    late: tuple[str, ...] = ()
    ids: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)


def of(*students, lesson=IOU):
    """What is read when each student's notebook holds the student's name."""
    return {f"{student}/{lesson}": student for student in students}


def metadata(*people):
    """Gradescope's metadata; people are (submission, name, sid, email), several of one submission for a group."""
    lines = ["---"]
    for number in dict.fromkeys(person[0] for person in people):
        lines += [f"submission_{number}:", "  :submitters:"]
        for _, name, sid, email in (person for person in people if person[0] == number):
            lines += [f"  - :name: {name}"]
            lines += [f"    :sid: '{sid}'"] if sid else []
            lines += [f"    :email: {email}"] if email else []
        lines += ["  :created_at: !ruby/object:ActiveSupport::TimeWithZone", "    utc: 2026-11-20 10:11:12 Z"]
    return "\n".join(lines) + "\n"


def text(name, user, assignment="Lab 3"):
    """Blackboard's text of an attempt."""
    return f"Name: {name} ({user})\nAssignment: {assignment}\nDate Submitted: Friday, 20 November 2026\n"


CANVAS = {
    "names with underscores and digits": Odd(
        {
            f"jdoe_12_4711_900_{NB}": "jdoe_12_4711",
            f"other_12_901_{NB}": "other_12",
            f"smith_jonesada_LATE_5000_902_{NB}": "smith_jonesada_5000",
            f"team_3_6000_903_{NB}": "team_3_6000",
        },
        of("jdoe_12_4711", "other_12", "smith_jonesada_5000", "team_3_6000"),
        late=("smith_jonesada_5000",),
        ids={"jdoe_12_4711": "4711", "other_12": "12", "smith_jonesada_5000": "5000", "team_3_6000": "6000"},
    ),
    "anonymous": Odd(
        {f"anon_a1B2c_900_{NB}": "anon_a1B2c", f"LATE_anon_Zz9yX_901_{NB}": "anon_Zz9yX"},
        of("anon_a1B2c", "anon_Zz9yX"),
        late=("anon_Zz9yX",),
    ),
    "one anonymous student": Odd({f"anon_12345_900_{NB}": "anon_12345"}, of("anon_12345")),
    "a lesson whose number could be an id": Odd(
        {f"ada_11_900_{TEN}.ipynb": "ada_11", f"ben_2_12_901_{TEN}.ipynb": "ben_2_12"},
        of("ada_11", "ben_2_12", lesson=TEN),
        ids={"ada_11": "11", "ben_2_12": "12"},
    ),
    "late is part of a name": Odd(
        {f"plate_11_900_{NB}": "plate_11", f"late_LATE_12_901_{NB}": "late_12"},
        of("plate_11", "late_12"),
        late=("late_12",),
    ),
    "a resubmission": Odd(
        {f"ada_11_900_{NB}": "old", f"ada_11_905_{IOU}-1.ipynb": "ada_11", f"ben_12_901_{NB}": "ben_12"},
        of("ada_11", "ben_12"),
    ),
    "files that do not begin with the lesson": Odd(
        {
            "jdoe_12_4711_9001_hw 03-iou-and-dice-by-hand.ipynb": "jdoe_12_4711",
            "other_12_9002_2_hw 03-iou-and-dice-by-hand.ipynb": "other_12",
            "third_13_9003_2_hw 03-iou-and-dice-by-hand.ipynb": "third_13",
            f"fourth_14_9004_Copy of {NB}": "fourth_14",
        },
        of("jdoe_12_4711", "other_12", "third_13", "fourth_14"),
    ),
    "a file with a year in its name": Odd(
        {
            f"ada_11_1234567_{NB}": "ada_11",
            f"ben_12_1234568_2026_hw_{NB}": "ben_12",
            f"cem_13_1234569_{NB}": "cem_13",
        },
        of("ada_11", "ben_12", "cem_13"),
    ),
    "in a wrapper with a stray notebook": Odd(
        {
            f"submissions/ada_11_900_{NB}": "ada_11",
            f"submissions/ben_12_901_{NB}": "ben_12",
            f"submissions/{NB}": "stray",
        },
        of("ada_11", "ben_12"),
    ),
    "two names with one id": Odd(
        {f"ada_11_900_{NB}": "1", f"ben_11_901_{NB}": "2"}, refused="both have the id 11"
    ),
}

OTHER_PLATFORMS = {
    "gradescope": Odd(
        {
            "assignment_9100_export/submission_metadata.yml": metadata(
                ("1001", "Ada Lovelace", "4711", "ada@example.org"), ("1002", "Émilie", "", "e@example.org")
            ),
            f"assignment_9100_export/submission_1001/{NB}": "Ada Lovelace_4711",
            f"assignment_9100_export/submission_1002/{NB}": "Émilie_e@example.org",
            f"assignment_9100_export/submission_1003/{NB}": "submission_1003",
        },
        of("Ada Lovelace_4711", "Émilie_e@example.org", "submission_1003"),
        emails={"Ada Lovelace_4711": "ada@example.org", "Émilie_e@example.org": "e@example.org"},
    ),
    "gradescope, two people of one name": Odd(
        {
            "submission_metadata.yml": metadata(("1001", "Ada", "", ""), ("1002", "Ada", "", "")),
            f"submission_1001/{NB}": "Ada_1001",
            f"submission_1002/{NB}": "Ada_1002",
        },
        of("Ada_1001", "Ada_1002"),
    ),
    "gradescope, a group": Odd(
        {
            "x/submission_metadata.yml": metadata(("1", "Ada", "4711", ""), ("1", "Ben", "4712", "")),
            f"x/submission_1/{NB}": "both",
        },
        {f"Ada_4711/{IOU}": "both", f"Ben_4712/{IOU}": "both"},
    ),
    "gradescope without its metadata": Odd(
        {f"assignment_9100_export/submission_{n}/{NB}": f"submission_{n}" for n in (1, 2)},
        of("submission_1", "submission_2"),
    ),
    "gradescope, broken metadata": Odd(
        {"x/submission_metadata.yml": "a: [", f"x/submission_1/{NB}": "1"}, refused="is not YAML"
    ),
    "gradescope, one student number twice": Odd(
        {
            "submission_metadata.yml": metadata(("1", "Ada", "4711", ""), ("2", "Ben", "4711", "")),
            f"submission_1/{NB}": "1",
            f"submission_2/{NB}": "2",
        },
        refused="both have the id 4711",
    ),
    "blackboard": Odd(
        {
            f"Lab_3_a_lovelace_attempt_2026-11-20-10-11-12_{NB}": "old",
            "Lab_3_a_lovelace_attempt_2026-11-20-10-11-12.txt": text("Ada Lovelace", "a_lovelace"),
            f"Lab_3_a_lovelace_attempt_2026-11-21-09-00-00_{NB}": "a_lovelace",
            "Lab_3_a_lovelace_attempt_2026-11-21-09-00-00.txt": text("Ada Lovelace", "a_lovelace"),
            f"Lab_3_ben_attempt_2026-11-19-10-11-12_{NB}": "ben",
        },
        of("a_lovelace", "ben"),
    ),
    "blackboard without its texts": Odd(
        {
            f"gradebook_Lab_3_{user}_attempt_2026-11-20-10-11-12_{NB}": user
            for user in ("ann", "anna", "ann_2", "b")
        },
        of("ann", "anna", "ann_2", "b"),
    ),
    "moodle": Odd(
        {
            f"Ada Lovelace_4711_assignsubmission_file_/{NB}": "Ada Lovelace_4711",
            "Ada Lovelace_4711_assignsubmission_onlinetext_/onlinetext.html": "<p>",
            f"Team_3_12_13_assignsubmission_file_{NB}": "Team_3_12_13",
            f"X_1_assignsubmission_file_/Y_2_assignsubmission_file_{NB}": "X_1",
        },
        of("Ada Lovelace_4711", "Team_3_12_13", "X_1"),
    ),
    "nbgrader's exchange": Odd(
        {
            f"inbound/ada+{IOU}+{TIME}+abc/{NB}": "old",
            f"inbound/ada+{IOU}+2026-11-21 10:11:12.123456 UTC+abd/{NB}": "ada",
            f"inbound/a+b+{IOU}+{TIME}+xyz/{NB}": "a+b",
            f"inbound/cem+{IOU}+{TIME.replace(':', '_')}/{NB}": "cem",
            f"inbound/ada+{IOU}+{TIME}+abc/timestamp.txt": TIME,
            f"outbound/{IOU}/{NB}": "as handed out",
        },
        of("ada", "a+b", "cem"),
    ),
    "nbgrader's submitted": Odd(
        {"submitted/.gitkeep": "", **{f"submitted/{s}/{IOU}/{NB}": s for s in ("ada", "ben", "cem")}},
        of("ada", "ben", "cem"),
    ),
}

BESIDE = (
    "roster.csv",
    ".gitkeep",
    ".DS_Store",
    "Thumbs.db",
    "index.html",
    "grades.csv",
    "__MACOSX/x/._y.ipynb",
)
BY_HAND = {
    **{
        f"{beside} beside the wrapper": Odd(
            {beside: "", f"submissions/{beside}": "", **{f"submissions/{s}/{NB}": s for s in ("ada", "ben")}},
            of("ada", "ben"),
        )
        for beside in BESIDE
    },
    "nested wrappers": Odd({f"x/y z/2026/{s}/{NB}": s for s in ("ada", "ben")}, of("ada", "ben")),
    "a handed-out notebook beside the folders": Odd(
        {f"Kurs/{NB}": "template", **{f"Kurs/{s}/{NB}": s for s in ("ada", "ben")}}, of("ada", "ben")
    ),
    "a flat class in a wrapper": Odd(
        {f"Kurs/{s}_{NB}": s for s in ("ada", "ben_2", "c d")}, of("ada", "ben_2", "c d")
    ),
    "a flat class named after students only": Odd(
        {f"submissions/{s}.ipynb": s for s in ("ada", "ben")}, refused="--lesson"
    ),
    "a flat class in a lesson's folder": Odd(
        {f"{IOU}/{s}.ipynb": s for s in ("ada", "ben")}, of("ada", "ben")
    ),
    "a folder per lesson, then per student": Odd(
        {**{f"{IOU}/{s}/hw.ipynb": s for s in ("ada", "ben")}, f"{ARGMAX}/ada/hw.ipynb": "ada"},
        {**of("ada", "ben"), **of("ada", lesson=ARGMAX)},
    ),
    "a wrapper, a folder per lesson, then per student": Odd(
        {f"Kurs/{IOU}/{s}/hw.ipynb": s for s in ("ada", "ben")}, of("ada", "ben")
    ),
    "sections": Odd(
        {f"section 1/ada/{NB}": "ada", f"section 1/ben/{NB}": "ben", f"section 2/cem/{NB}": "cem"},
        of("ada", "ben", "cem"),
    ),
    "groups of students whose folders say nothing": Odd(
        {f"monday/ada/{NB}": "1", f"monday/ben/{NB}": "2", f"friday/cem/{NB}": "3"},
        refused="it is unclear whether monday is a student",
    ),
    "one student with versions in folders": Odd(
        {f"ada/old/{NB}": "1", f"ada/new/{NB}": "2"}, refused="it is unclear whether ada is a student"
    ),
    "one folder in one folder": Odd(
        {f"x/y/{NB}": "1"}, refused="it is unclear which of the two is a student"
    ),
    "two notebooks of no known lesson": Odd({"x/hw.ipynb": "1", "x/final.ipynb": "2"}, refused="--lesson"),
    "one student": Odd({f"ada/{NB}": "ada"}, of("ada")),
    "one student in a wrapper": Odd({f"submissions/ada/{NB}": "ada"}, of("ada")),
    "one student in nbgrader's folders in a wrapper": Odd({f"Kurs/ada/{IOU}/{NB}": "ada"}, of("ada")),
    "one student's weeks": Odd(
        {f"ada/week 1/{ARGMAX}.ipynb": "ada", f"ada/week 3/{NB}": "ada"},
        {**of("ada"), **of("ada", lesson=ARGMAX)},
    ),
    "a backup further inside": Odd(
        {f"ada/{NB}": "ada", f"ada/backup/{NB}": "old", f"ben/{NB}": "ben"}, of("ada", "ben")
    ),
    "one messy student of three": Odd(
        {f"ada/x/{NB}": "1", f"ada/y/{NB}": "2", f"ben/{NB}": "ben", f"cem/{NB}": "cem"}, of("ben", "cem")
    ),
    "dates in the files' names": Odd(
        {f"{s}/2026_11_20_{NB}": s for s in ("ada", "ben", "cem")}, of("ada", "ben", "cem")
    ),
    "Canvas's names within folders": Odd(
        {f"ada/lovelace_11_900_{NB}": "ada", f"ben/{NB}": "ben", f"cem/{NB}": "cem"}, of("ada", "ben", "cem")
    ),
    "folders that end in numbers": Odd(
        {f"team_3_6000/{NB}": "team_3_6000", f"team_4_6000/{NB}": "team_4_6000"},
        of("team_3_6000", "team_4_6000"),
    ),
    "names that differ in case": Odd({f"Ada/{NB}": "1", f"ada/{NB}": "2"}, refused="differ only in case"),
    "names that differ in sharp s": Odd(
        {f"Groß/{NB}": "1", f"gross/{NB}": "2"}, refused="differ only in case"
    ),
    "names that differ in how accents are written": Odd(
        {f"Jos\u00e9/{NB}": "1", f"Jose\u0301/{ARGMAX}.ipynb": "2"}, refused="differ only in case, in accents"
    ),
    "names that differ in spaces": Odd({f"a  b/{NB}": "1", f"a b/{NB}": "2"}, refused="or in spaces"),
    "flat names that differ in an underscore": Odd(
        {f"ada_{NB}": "ada", f"ada__{NB}": "ada_"}, of("ada", "ada_")
    ),
    "a browser's copy of a flat file": Odd(
        {f"ada_{NB}": "old", f"ada_{IOU} (1).ipynb": "ada", f"ben_{NB}": "ben"}, of("ada", "ben")
    ),
    "Jupyter's copy of the handed-out notebook": Odd(
        {f"{IOU}-Copy1.ipynb": "1"}, refused="its owner is unclear"
    ),
}
ALL = {**CANVAS, **OTHER_PLATFORMS, **BY_HAND}
