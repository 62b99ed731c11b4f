"""Problems carry the sentence that a person reads."""

from holdfast.kernel.problems import Invalid, NotFound, Problem, TooMany


class CardIsFULLAlready(Problem):
    """This card is full
    already.

    What follows is for programmers.
    """


def test_title_and_code_come_from_the_class() -> None:
    assert CardIsFULLAlready.title() == "This card is full already."
    assert CardIsFULLAlready.code().endswith(".card-is-full-already")
    assert NotFound.code() == "problems.not-found"
    assert str(CardIsFULLAlready()) == "This card is full already."
    assert str(CardIsFULLAlready("Ten of ten.")) == "Ten of ten."


def test_statuses_and_details() -> None:
    assert CardIsFULLAlready.status == 409
    assert TooMany(headers={"Retry-After": "3"}).headers == {"Retry-After": "3"}
    assert [error.field for error in Invalid("Too long.", field="name").extra["errors"]] == ["name"]
