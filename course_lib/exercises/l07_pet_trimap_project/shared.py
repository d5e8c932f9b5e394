"""What several exercises of lesson 07 share."""


def how_many(flags):
    if all(flags):
        return "all"
    return "some" if any(flags) else "none"
